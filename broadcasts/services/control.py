"""What is done with a broadcast once it is written: schedule, pause, remind, refresh, stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Batch, Broadcast
from broadcasts.models.broadcast import PAUSABLE, IllegalMove
from broadcasts.policy.reminder_plan import MOST, recent
from broadcasts.selectors.approval import needs_approval
from broadcasts.selectors.current_rules import renewed
from broadcasts.selectors.expected import expected
from broadcasts.services.compose import window_problems
from broadcasts.services.materials import pin_content
from broadcasts.services.reminders import note_reminder, open_tasks
from broadcasts.services.windows import cancel_ready
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit

State = Broadcast.State


class RemindersSpent(ScrmError):
    """Staff were reminded as often as WeCom allows."""

    code = "reminders_spent"


class NobodyToRemind(ScrmError):
    """Everybody has confirmed, or nothing was handed over yet."""

    code = "nobody_to_remind"


class NeedsApproval(ScrmError):
    """Somebody else has to approve it first."""

    code = "needs_approval"


def schedule(*, broadcast: Broadcast, operator: Operator, now: datetime) -> Broadcast:
    """Let it start when its window opens. The rules of its segments are taken as they are now.

    Raises InvalidInput when the window does not fit (any more) or nobody would receive it,
    NeedsApproval when this operator has to submit it instead, IllegalMove when it is no draft.
    """
    rules = ready_to_go(broadcast, now=now)
    if needs_approval(broadcast, operator, now=now):
        raise NeedsApproval(_("This has to be approved first: submit it for approval."))
    with transaction.atomic():
        broadcast.move_to(State.SCHEDULED, now=now, **rules)
        pin_content(broadcast)
        record_act(action="broadcast.schedule", operator=operator, now=now, subject=broadcast)
        enqueue_on_commit("broadcasts.tick")
    return broadcast


def ready_to_go(broadcast: Broadcast, *, now: datetime) -> dict[str, Any]:
    """Renew the rules of a draft, and give them as columns. Raises InvalidInput when its window
    does not fit, or when the dry run leaves nobody.
    """
    window = (broadcast.window_start, broadcast.window_end)
    for problem in window_problems(*window, kind=broadcast.kind, now=now):
        raise problem
    renewed(broadcast)
    if not expected(broadcast, now=now):
        message = _("Nobody would receive this: the dry run says why everybody is left out.")
        raise InvalidInput(message, field="segment")
    return {name: getattr(broadcast, name) for name in ("rule", "segment_version", "without")}


def pause(
    *, broadcast: Broadcast, operator: Operator | None, now: datetime, note: str = ""
) -> Broadcast:
    """Hand nothing more over until `resume` (暂停). A call already under way may still arrive, and
    staff can send what they have. The window goes on: it closes as always. `note` says why, in the
    operation log.

    Raises IllegalMove when it is paused already, or has nothing left to hand over.
    """
    with transaction.atomic():
        live = Broadcast.objects.filter(pk=broadcast.pk, state__in=PAUSABLE, paused_at=None)
        if not live.update(paused_at=now):
            raise IllegalMove(
                _("There is nothing to pause: all tasks are with staff, or it rests.")
            )
        record_act(
            action="broadcast.pause",
            operator=operator,
            now=now,
            subject=broadcast,
            details={"note": note} if note else {},
        )
    broadcast.refresh_from_db()
    return broadcast


def resume(*, broadcast: Broadcast, operator: Operator | None, now: datetime) -> Broadcast:
    """Go on where it was paused (继续). Raises IllegalMove when it is not paused, or its window
    has closed.
    """
    with transaction.atomic():
        paused = Broadcast.objects.filter(
            pk=broadcast.pk, state__in=PAUSABLE, paused_at__isnull=False, window_end__gt=now
        )
        if not paused.update(paused_at=None):
            raise IllegalMove(_("It is not paused, or its window has closed."))
        # Whoever was told of a batch during the pause found nothing to do.
        Batch.objects.filter(broadcast=broadcast, state=Batch.State.READY).update(handed_at=None)
        record_act(action="broadcast.resume", operator=operator, now=now, subject=broadcast)
        enqueue_on_commit("broadcasts.tick")
    broadcast.refresh_from_db()
    return broadcast


def stop(
    *,
    broadcast: Broadcast,
    operator: Operator | None,
    now: datetime,
    reason: str = Broadcast.StopReason.OPERATOR,
    note: str = "",
) -> Broadcast:
    """Send nothing more (停止). What staff have sent stays sent; their open tasks are cancelled
    in WeCom by the next tick. `note` says why, in the operation log. Raises IllegalMove when it is a draft or over.
    """
    with transaction.atomic():
        broadcast.move_to(State.STOPPED, now=now, stop_reason=reason)
        cancelled = cancel_ready(broadcast)
        record_act(
            action="broadcast.stop",
            operator=operator,
            now=now,
            subject=broadcast,
            details={"batches_cancelled": cancelled, "reason": str(reason)}
            | ({"note": note} if note else {}),
        )
        enqueue_on_commit("broadcasts.tick")
    return broadcast


def remind(*, broadcast: Broadcast, operator: Operator, now: datetime) -> int:
    """Remind every staff member who has not confirmed (提醒发送); how many.

    Raises RemindersSpent at the fourth time within 24 hours, NobodyToRemind when there is no
    open task.
    """
    with transaction.atomic():
        locked = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
        if not reminders_left(locked, now=now):
            raise RemindersSpent(_("WeCom allows three reminders in 24 hours."))
        reminded = open_tasks(locked).update(remind_at=now)
        if not reminded:
            raise NobodyToRemind(_("There is nobody to remind: no task waits for its staff."))
        note_reminder(locked, now=now)
        record_act(
            action="broadcast.remind",
            operator=operator,
            now=now,
            subject=broadcast,
            details={"tasks": reminded},
        )
        enqueue_on_commit("broadcasts.tick")
    return reminded


def refresh(*, broadcast: Broadcast, now: datetime) -> None:
    """Ask WeCom for the results at the next tick instead of when their turn comes."""
    with transaction.atomic():
        Batch.objects.filter(
            broadcast=broadcast, is_final=False, msgid__isnull=False, next_poll_at__gt=now
        ).update(next_poll_at=now)
        enqueue_on_commit("broadcasts.tick")


def reminders_left(broadcast: Broadcast, *, now: datetime) -> int:
    return max(0, MOST - len(recent(broadcast.reminded_at, now)))
