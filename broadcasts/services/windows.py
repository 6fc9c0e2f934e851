"""Open and close broadcasts with their windows, and end them when all is done (发送时段)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from broadcasts.models import Batch, Broadcast
from broadcasts.models.broadcast import RUNNING, IllegalMove
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.switch import is_stopped
from broadcasts.selectors.windows import due_to_close, due_to_open, quiet_kinds
from broadcasts.services.audience import freeze
from broadcasts.services.pace import for_a_while
from scrm import wecom
from scrm.errors import ScrmError

log = logging.getLogger(__name__)
State = Broadcast.State

CANCEL_AGAIN = timedelta(seconds=15)
# Staff may have pressed send in the very moment of the cancelling; results need time to show it.
LAST_LOOK_AFTER = timedelta(seconds=10)
CALLS_AT_ONCE = 200
_OPEN = (Batch.State.READY, Batch.State.SUBMITTING, Batch.State.UNKNOWN)


def open_due(*, now: datetime) -> int:
    """Fix the audience of every broadcast whose window has opened; how many.

    In quiet hours it waits, and while all sending is stopped; one that slept through its whole
    window is stopped as missed.
    """
    quiet = quiet_kinds(house_terms(), now=now)
    due = list(due_to_open(now).exclude(kind__in=quiet))
    for broadcast in due:
        try:
            stopped = is_stopped(broadcast.kind)
            if now >= broadcast.window_end:
                why = Broadcast.StopReason.SWITCH if stopped else Broadcast.StopReason.MISSED
                _give_up(broadcast, why, now=now)
            elif not stopped:
                freeze(broadcast_id=broadcast.pk, now=now)
        except IllegalMove:
            log.info("broadcast %s was moved by somebody else", broadcast.pk)
        except ScrmError:
            log.exception("the audience of broadcast %s cannot be computed", broadcast.pk)
            broadcast.refresh_from_db()
            _give_up(broadcast, Broadcast.StopReason.AUDIENCE, now=now)
    return len(due)


def close_due(*, now: datetime) -> int:
    """Take back what staff may no longer send; how many broadcasts were worked on.

    Batches that were never handed over are cancelled here, tasks that nobody has confirmed are
    cancelled in WeCom. Batches of unknown outcome are left to `reconcile`, then come back here.
    """
    due = list(due_to_close(now, house_terms()))
    for broadcast in due:
        taken_back = cancel_ready(broadcast) + _cancel_unconfirmed(broadcast, now=now)
        if taken_back and not broadcast.is_final:
            Broadcast.objects.filter(pk=broadcast.pk, state__in=RUNNING).update(
                stop_reason=Broadcast.StopReason.WINDOW
            )
    return len(due)


def settle(*, now: datetime) -> None:
    """Move on the broadcasts whose batches are all handed over, or all done."""

    def having(batches: Q) -> Exists:
        return Exists(Batch.objects.filter(batches, broadcast_id=OuterRef("pk")))

    running = Broadcast.objects.filter(state__in=RUNNING)
    running.filter(~having(Q(is_final=False))).update(state=State.FINISHED, finished_at=now)
    running.filter(~having(Q(state__in=_OPEN)), state=State.SUBMITTING).update(state=State.WAITING)


def cancel_ready(broadcast: Broadcast) -> int:
    """Cancel the batches nobody has begun to hand over; how many."""
    return Batch.objects.filter(broadcast=broadcast, state=Batch.State.READY).update(
        state=Batch.State.CANCELLED, is_final=True, not_before=None
    )


def _give_up(broadcast: Broadcast, reason: Broadcast.StopReason, *, now: datetime) -> None:
    broadcast.move_to(State.STOPPED, now=now, stop_reason=reason)


def _cancel_unconfirmed(broadcast: Broadcast, *, now: datetime) -> int:
    batches = Batch.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        broadcast=broadcast,
        state=Batch.State.ACCEPTED,
        confirmed_at=None,
        is_final=False,
    )
    return sum(_cancel_task(batch, now=now) for batch in for_a_while(batches[:CALLS_AT_ONCE]))


def _cancel_task(batch: Batch, *, now: datetime) -> int:
    """Cancel one task in WeCom; 0 when that has to be tried again."""
    untouched = Batch.objects.filter(pk=batch.pk, state=Batch.State.ACCEPTED)
    try:
        wecom.get_gateway().cancel_group_message(batch.msgid or "")
    except wecom.WeComError as error:
        if _may_be_repeated(error):
            untouched.update(not_before=now + _wait(error))
            return 0
        # It was cancelled before, or is gone: the last look tells what became of it.
        log.info("task of batch %s is not to be cancelled: %s", batch.pk, error)
    with transaction.atomic():
        return untouched.update(
            state=Batch.State.CANCELLED,
            not_before=None,
            remind_at=None,
            next_poll_at=now + LAST_LOOK_AFTER,
        )


def _wait(error: wecom.WeComError) -> timedelta:
    """Staff can send until it is cancelled, so one that is merely too young is tried soon."""
    if isinstance(error, wecom.StillDispatching):
        return CANCEL_AGAIN
    return max(CANCEL_AGAIN, timedelta(seconds=error.retry_after))


def _may_be_repeated(error: wecom.WeComError) -> bool:
    """Cancelling twice is harmless, so silence is no obstacle either."""
    return error.retryable or isinstance(error, wecom.OutcomeUnknown | wecom.Misconfigured)
