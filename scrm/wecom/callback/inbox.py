"""The inbox of callbacks: each is stored once, may be handled again, and is cleared when old.

Handling itself is in `drain`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from scrm.wecom.callback.envelope import CallbackMessage
from scrm.wecom.models import CallbackEvent

# Events that ended well are kept this long: to look into, and so that an old copy is recognised.
KEPT = timedelta(days=30)
_CLEARED_AT_ONCE = 5_000

State = CallbackEvent.State

# By hand, because it runs for each event: building it by the ORM costs the address a quarter of
# its requests a second.
_STORE = """
    INSERT INTO wecom_callbackevent (
        digest, event, change_type, order_key, body, received_at, state, attempts, due_at, error
    ) VALUES (%s, %s, %s, %s, %s, %s, 'new', 0, %s, '')
    ON CONFLICT (digest) DO NOTHING
"""
_CLEAR = """
    DELETE FROM wecom_callbackevent WHERE id IN (
        SELECT id FROM wecom_callbackevent
        WHERE received_at < %s AND state IN ('done', 'ignored')
        ORDER BY received_at
        LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
"""


def store(message: CallbackMessage, body: str, *, now: datetime) -> bool:
    """Keep one verified callback; False when the same was kept before.

    Raises DatabaseError when it could not be kept: then WeCom must be told to repeat it.
    """
    values = (
        digest_of(body),
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


def digest_of(body: str) -> str:
    """What two copies of one event share, however each was encrypted."""
    return hashlib.sha256(body.encode()).hexdigest()


def replay(*, ids: Sequence[int], now: datetime) -> int:
    """Handle these events once more, with all their attempts; gives how many.

    Events that still wait are not touched.
    """
    ended = CallbackEvent.objects.filter(pk__in=ids).exclude(state=State.NEW)
    return ended.update(state=State.NEW, attempts=0, waits=0, due_at=now, handled_at=None)


def clear(*, now: datetime, kept: timedelta = KEPT) -> int:
    """Remove one portion of what was handled or ignored and is older than `kept`; gives how many.

    Failed and waiting events stay, however old.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, [now - kept, _CLEARED_AT_ONCE])
        return int(cursor.rowcount)
