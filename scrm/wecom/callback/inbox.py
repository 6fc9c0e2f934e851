"""The inbox of callbacks: stored once, handled in order for each subject, never lost.

A row is claimed by its lock, handled and marked in one transaction, so a worker that dies leaves
it as it was. Handlers that fail are tried again later; what keeps failing stays visible.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from scrm.wecom.callback.dispatch import dispatch
from scrm.wecom.callback.envelope import CallbackMessage
from scrm.wecom.models import CallbackEvent

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
_ERROR_KEPT = 2000

State = CallbackEvent.State

# Statements by hand, because they run for each event: building them by the ORM costs the address
# a quarter of its requests a second, and the worker more than the database takes.
_STORE = """
    INSERT INTO wecom_callbackevent (
        digest, event, change_type, order_key, body, received_at, state, attempts, due_at, error
    ) VALUES (%s, %s, %s, %s, %s, %s, 'new', 0, %s, '')
    ON CONFLICT (digest) DO NOTHING
"""
_CLAIM = """
    SELECT * FROM wecom_callbackevent AS event
    WHERE state = 'new' AND due_at <= %s AND NOT EXISTS (
        SELECT FROM wecom_callbackevent AS older
        WHERE older.state = 'new' AND older.order_key <> ''
          AND older.order_key = event.order_key AND older.id < event.id
    )
    ORDER BY due_at, id
    LIMIT 1
    FOR UPDATE OF event SKIP LOCKED
"""


def store(message: CallbackMessage, body: str, *, now: datetime) -> bool:
    """Keep one verified callback; False when the same was kept before.

    Raises DatabaseError when it could not be kept: then WeCom must be told to repeat it.
    """
    values = (
        hashlib.sha256(body.encode()).hexdigest(),
        # Cut to their columns: longer ones would be new to WeCom, and the body keeps them whole.
        message.event[:48],
        message.change_type[:48],
        message.order_key[:128],
        body,
        now,
        now,
    )
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        return bool(cursor.rowcount)


def handle_next(*, now: datetime) -> bool:
    """Handle one event that is due; False when there is none.

    An event waits while an older one of the same subject is still new, also while another
    process works on that one.
    """
    with transaction.atomic():
        event = _claim(now)
        if event is None:
            return False
        try:
            with transaction.atomic():
                handled = dispatch(event.body, now=now)
        except Exception as error:  # noqa: BLE001 - whatever a handler does, its event survives
            _put_back(event, error, now=now)
        else:
            event.state = State.DONE if handled else State.IGNORED
            event.handled_at, event.error = now, ""
        event.save(update_fields=["state", "attempts", "due_at", "handled_at", "error"])
    return True


def replay(*, ids: Sequence[int], now: datetime) -> int:
    """Handle these events once more, with all their attempts; gives how many.

    Events that still wait are not touched.
    """
    ended = CallbackEvent.objects.filter(pk__in=ids).exclude(state=State.NEW)
    return ended.update(state=State.NEW, attempts=0, due_at=now, handled_at=None)


def _claim(now: datetime) -> CallbackEvent | None:
    return next(iter(CallbackEvent.objects.raw(_CLAIM, [now])), None)


def _put_back(event: CallbackEvent, error: Exception, *, now: datetime) -> None:
    event.attempts += 1
    # Postgres keeps no NUL, and an error that cannot be written would be raised for ever.
    event.error = f"{type(error).__name__}: {error}".replace("\0", "")[:_ERROR_KEPT]
    if event.attempts >= MAX_ATTEMPTS:
        event.state, event.handled_at = State.FAILED, now
        log.error("callback %s failed for good", event.pk, exc_info=error)
        return
    pause = min(_FIRST_PAUSE * 2 ** (event.attempts - 1), _LONGEST_PAUSE)
    event.due_at = now + max(pause, timedelta(seconds=getattr(error, "retry_after", 0)))
    log.warning("callback %s failed, again at %s: %r", event.pk, event.due_at, error)
