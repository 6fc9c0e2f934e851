"""What an operator does with a broadcast once it is written: schedule, remind, refresh, stop."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Batch, Broadcast
from broadcasts.models.broadcast import RUNNING
from broadcasts.selectors.dry_run import dry_run
from broadcasts.services.compose import window_problems
from broadcasts.services.windows import cancel_ready
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit

State = Broadcast.State

# WeCom: at most three reminders of one task in 24 hours (41094).
REMINDERS = 3
REMINDERS_WITHIN = timedelta(hours=24)


class RemindersSpent(ScrmError):
    """Staff were reminded as often as WeCom allows."""

    code = "reminders_spent"


class NobodyToRemind(ScrmError):
    """Everybody has confirmed, or nothing was handed over yet."""

    code = "nobody_to_remind"


def schedule(*, broadcast: Broadcast, operator: Operator, now: datetime) -> Broadcast:
    """Let it start when its window opens. The segment's rule is taken as it is now.

    Raises InvalidInput when the window does not fit (any more) or nobody would receive it,
    IllegalMove when it is no draft.
    """
    for problem in window_problems(broadcast.window_start, broadcast.window_end, now=now):
        raise problem
    broadcast.rule = broadcast.segment.rule
    if not dry_run(broadcast, now=now).chosen:
        message = _("Nobody would receive this: the dry run says why everybody is left out.")
        raise InvalidInput(message, field="segment")
    with transaction.atomic():
        broadcast.move_to(
            State.SCHEDULED,
            now=now,
            rule=broadcast.segment.rule,
            segment_version=broadcast.segment.version,
        )
        record_act(action="broadcast.schedule", operator=operator, now=now, subject=broadcast)
        enqueue_on_commit("broadcasts.tick")
    return broadcast


def stop(
    *,
    broadcast: Broadcast,
    operator: Operator | None,
    now: datetime,
    reason: str = Broadcast.StopReason.OPERATOR,
) -> Broadcast:
    """Send nothing more (停止). What staff have sent stays sent; their open tasks are cancelled
    in WeCom by the next tick. Raises IllegalMove when it is a draft or over.
    """
    with transaction.atomic():
        broadcast.move_to(State.STOPPED, now=now, stop_reason=reason)
        cancelled = cancel_ready(broadcast)
        record_act(
            action="broadcast.stop",
            operator=operator,
            now=now,
            subject=broadcast,
            details={"batches_cancelled": cancelled, "reason": reason},
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
        recent = _recent(locked, now)
        if not reminders_left(locked, now=now):
            raise RemindersSpent(_("WeCom allows three reminders in 24 hours."))
        reminded = Batch.objects.filter(
            broadcast=locked,
            broadcast__state__in=RUNNING,
            state=Batch.State.ACCEPTED,
            confirmed_at=None,
        ).update(remind_at=now)
        if not reminded:
            raise NobodyToRemind(_("There is nobody to remind: no task waits for its staff."))
        Broadcast.objects.filter(pk=broadcast.pk).update(reminded_at=[*recent, now])
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
    return max(0, REMINDERS - len(_recent(broadcast, now)))


def _recent(broadcast: Broadcast, now: datetime) -> list[datetime]:
    return [at for at in broadcast.reminded_at if at > now - REMINDERS_WITHIN]
