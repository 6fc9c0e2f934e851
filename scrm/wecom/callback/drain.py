"""Handling of the stored callbacks: in order for each subject, by any number of processes.

An event is first claimed in a transaction of its own, which counts the attempt and moves the event
into the future; then it is handled and marked in a second one that holds its row. So a worker
that dies leaves its event to others after a pause, and an event that kills every worker ends as
failed like any other that keeps failing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.db import InterfaceError, OperationalError, connection, transaction

from scrm.ratelimit.store import RedisError, client
from scrm.wecom.callback.dispatch import dispatch
from scrm.wecom.callback.registry import NotYet
from scrm.wecom.errors import Busy, NotConnected, RateLimited, TokenInvalid, WeComError

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
# Put off this often, for some days together, an event begins to count its failures after all.
MAX_WAITS = 1_000
LEASE = timedelta(seconds=30)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)
_ERROR_KEPT = 2000
_HINT_KEPT = 300
# While WeCom is away for all, one event asks every few seconds whether it is back.
_AWAY_KEY = "wecom:callbacks:away"
_AWAY_SECONDS = 5
_UNCLEAR_IN_A_ROW = 3
_DIED = "The worker ended each time while it handled this event."


class Step(IntEnum):
    """What one step of draining came to; `NOTHING` is false."""

    NOTHING = 0
    HANDLED = 1
    UNCLEAR = 2
    AWAY = 3


@dataclass(frozen=True, slots=True)
class _Claimed:
    pk: int
    body: str
    received_at: datetime
    attempts: int
    waits: int
    lease: datetime


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What becomes of the row. `due_at` is None when it has ended."""

    state: str
    attempts: int
    waits: int
    due_at: datetime | None = None
    error: str = ""
    hint: str = ""
    step: Step = Step.HANDLED


_CLAIM = """
    UPDATE wecom_callbackevent SET attempts = attempts + 1, due_at = %(lease)s
    WHERE id = (
        SELECT id FROM wecom_callbackevent AS event
        WHERE state = 'new' AND due_at <= %(now)s AND NOT EXISTS (
            SELECT FROM wecom_callbackevent AS older
            WHERE older.state = 'new' AND older.order_key <> ''
              AND older.order_key = event.order_key AND older.id < event.id
        )
        ORDER BY due_at, id
        LIMIT 1
        FOR UPDATE OF event SKIP LOCKED
    )
    RETURNING id, body, received_at, attempts, waits
"""
# Only whoever claimed it last; while this row is held, nobody claims it again. Waits for its lock,
# because a claim that looks for rows may touch this one for a moment.
_HOLD = """
    SELECT FROM wecom_callbackevent WHERE id = %s AND state = 'new' AND due_at = %s FOR UPDATE
"""
_MARK = """
    UPDATE wecom_callbackevent
    SET state = %(state)s, attempts = %(attempts)s, waits = %(waits)s,
        due_at = COALESCE(%(due_at)s, due_at), handled_at = %(handled_at)s,
        error = %(error)s, hint = %(hint)s
    WHERE id = %(pk)s
"""
# Should the server crash, an event and its effects are lost together and come again together.
_NO_WAIT_FOR_DISK = "SET LOCAL synchronous_commit TO off"


def drain(*, clock: Callable[[], datetime], seconds: float) -> int:
    """Handle what is due until nothing is, time is up, or WeCom is away; gives how many steps."""
    end, steps, unclear = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end and not _is_away():
        step = handle_next(now=clock())
        if step is Step.NOTHING:
            break
        steps += 1
        unclear = unclear + 1 if step is Step.UNCLEAR else 0
        if step is Step.AWAY or unclear == _UNCLEAR_IN_A_ROW:
            with suppress(RedisError):
                client().set(_AWAY_KEY, 1, ex=_AWAY_SECONDS)
            break
    return steps


def handle_next(*, now: datetime) -> Step:
    """Handle one event that is due.

    An event waits while an older one of the same subject is still new, also while another
    process works on that one.
    """
    claimed = _claim(now)
    if claimed is None:
        return Step.NOTHING
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NO_WAIT_FOR_DISK)
        cursor.execute(_HOLD, [claimed.pk, claimed.lease])
        if cursor.rowcount != 1:
            return Step.HANDLED  # so slow that somebody else has it now
        outcome = _outcome(claimed, now)
        cursor.execute(
            _MARK,
            {
                "pk": claimed.pk,
                "state": outcome.state,
                "attempts": outcome.attempts,
                "waits": outcome.waits,
                "due_at": outcome.due_at,
                "handled_at": None if outcome.due_at else now,
                "error": outcome.error,
                "hint": outcome.hint,
            },
        )
    return outcome.step


def _claim(now: datetime) -> _Claimed | None:
    lease = now + LEASE
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NO_WAIT_FOR_DISK)
        cursor.execute(_CLAIM, {"now": now, "lease": lease})
        row = cursor.fetchone()
    if row is None:
        return None
    pk, body, received_at, attempts, waits = row
    return _Claimed(pk, body, received_at, attempts, waits, lease)


def _outcome(claimed: _Claimed, now: datetime) -> _Outcome:
    if claimed.attempts > MAX_ATTEMPTS:
        log.error("callback %s ended %s workers", claimed.pk, MAX_ATTEMPTS)
        return _Outcome("failed", MAX_ATTEMPTS, claimed.waits, error=_DIED)
    # A claim counts as an attempt until it is known that it was no failure.
    uncounted = claimed.attempts - 1
    try:
        with transaction.atomic():
            handled = dispatch(claimed.body, now=now, received_at=claimed.received_at)
    except NotYet as later:
        return _Outcome("new", uncounted, claimed.waits, max(later.until, now))
    except Exception as error:  # noqa: BLE001 - whatever a handler does, its event survives
        step = _not_our_fault(error)
        if step is not None and claimed.waits < MAX_WAITS:
            return _wait(claimed, error, step, now)
        return _failure(claimed, error, now)
    return _Outcome("done" if handled else "ignored", uncounted, claimed.waits)


def _not_our_fault(error: Exception) -> Step | None:
    """How far it reaches that WeCom, the net or a store could not be asked; None: no such case."""
    match error:
        case Busy() | OperationalError() | InterfaceError():
            return Step.HANDLED
        case RateLimited() | NotConnected() | TokenInvalid() | RedisError():
            return Step.AWAY
        case WeComError(retryable=True):
            return Step.UNCLEAR
        case _:
            return None


def _wait(claimed: _Claimed, error: Exception, step: Step, now: datetime) -> _Outcome:
    """Again later, as often as before."""
    pause = min(_FIRST_WAIT * 2 ** min(claimed.waits, 10), _LONGEST_WAIT)
    due_at = now + max(pause, _pause_asked(error))
    log.info("callback %s put off to %s: %r", claimed.pk, due_at, error)
    return _Outcome(
        "new", claimed.attempts - 1, claimed.waits + 1, due_at, _words(error), _hint(error), step
    )


def _failure(claimed: _Claimed, error: Exception, now: datetime) -> _Outcome:
    """Again later, until it has failed too often."""
    words, hint = _words(error), _hint(error)
    if claimed.attempts >= MAX_ATTEMPTS:
        log.error("callback %s failed for good", claimed.pk, exc_info=error)
        return _Outcome("failed", claimed.attempts, claimed.waits, None, words, hint)
    pause = min(_FIRST_PAUSE * 2 ** (claimed.attempts - 1), _LONGEST_PAUSE)
    due_at = now + max(pause, _pause_asked(error))
    log.warning("callback %s failed, again at %s: %r", claimed.pk, due_at, error)
    return _Outcome("new", claimed.attempts, claimed.waits, due_at, words, hint)


def _pause_asked(error: Exception) -> timedelta:
    return timedelta(seconds=getattr(error, "retry_after", 0))


def _words(error: Exception) -> str:
    # Postgres keeps no NUL, and an error that cannot be written would be raised for ever.
    return f"{type(error).__name__}: {error}".replace("\0", "")[:_ERROR_KEPT]


def _hint(error: Exception) -> str:
    """The untranslated advice; the page shows it in its reader's language."""
    return error.hint[:_HINT_KEPT] if isinstance(error, WeComError) else ""


def _is_away() -> bool:
    with suppress(RedisError):
        return bool(client().exists(_AWAY_KEY))
    return False
