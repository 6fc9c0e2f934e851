"""Remind staff by the plan of a broadcast (自动提醒), never beyond what WeCom allows."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, Q

from broadcasts.models import Batch, Broadcast, Reminder
from broadcasts.models.broadcast import RUNNING
from broadcasts.models.written import ReminderPlan
from broadcasts.policy.quiet_hours import quiet_until
from broadcasts.policy.reminder_plan import APART, MOST, moments, recent
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.switch import is_stopped
from broadcasts.services.reminders import note_reminder, open_tasks
from scrm.audit.services import record_act

log = logging.getLogger(__name__)

State, Reason = Reminder.State, Reminder.Reason
ROWS_AT_ONCE = 200
# So long the hand-over of the last task is waited for before the first ones are planned for.
PATIENCE = 2 * APART


def plan_reminders(*, now: datetime) -> int:
    """Write down when staff will be reminded, once they have their tasks; for how many broadcasts.

    It counts from the last hand-over, or from the first when others are held up.
    """
    running = Broadcast.objects.filter(
        ~Q(reminder_plan=ReminderPlan.OFF),
        ~Exists(Reminder.objects.filter(broadcast=OuterRef("pk"))),
        state__in=RUNNING,
        window_end__gt=now,
    )
    planned = 0
    for broadcast in running.order_by("pk")[:ROWS_AT_ONCE]:
        handed = broadcast.batches.filter(state=Batch.State.ACCEPTED).aggregate(
            first=Min("accepted_at"), last=Max("accepted_at")
        )
        if handed["first"] is None:
            continue
        is_all = broadcast.state == Broadcast.State.WAITING
        if not is_all and now - handed["first"] < PATIENCE:
            continue
        due = moments(
            broadcast.reminder_plan,
            handed_at=handed["last"] if is_all else handed["first"],
            closes_at=broadcast.window_end,
        )
        rows = [Reminder(broadcast=broadcast, due_at=at) for at in due]
        planned += bool(Reminder.objects.bulk_create(rows, ignore_conflicts=True))
    return planned


def remind_by_plan(*, now: datetime) -> int:
    """Decide on every planned reminder whose time has come, or whose broadcast is over; how many
    were made. Each is either passed on to the open tasks or skipped for a reason that stays.
    """
    due = Reminder.objects.filter(
        Q(due_at__lte=now) | ~Q(broadcast__state__in=RUNNING), state=State.WAITING
    ).order_by("due_at", "pk")
    return sum(_decide(pk, now=now) for pk in list(due.values_list("pk", flat=True)[:ROWS_AT_ONCE]))


def _decide(reminder_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        row = Reminder.objects.get(pk=reminder_id)
        broadcast = Broadcast.objects.select_for_update(of=("self",)).get(pk=row.broadcast_id)
        reason = _why_not(broadcast, now=now)
        tasks = 0
        if reason is None:
            old_enough = open_tasks(broadcast).filter(accepted_at__lte=now - APART)
            tasks = old_enough.update(remind_at=now)
        waiting = Reminder.objects.filter(pk=row.pk, state=State.WAITING)
        if not waiting.update(
            state=State.SKIPPED if reason else State.DONE,
            reason=reason or Reason.NONE,
            tasks=tasks,
            decided_at=now,
        ):
            transaction.set_rollback(True)
            return False
        if reason is None:
            note_reminder(broadcast, now=now)
            record_act(
                action="broadcast.remind",
                operator=None,
                now=now,
                subject=broadcast,
                details={"tasks": tasks, "by_plan": broadcast.reminder_plan},
            )
    return reason is None


def _why_not(broadcast: Broadcast, *, now: datetime) -> Reminder.Reason | None:
    """Why nobody is to be reminded at this moment; None when staff may be."""
    if not broadcast.is_running or now >= broadcast.window_end:
        is_done = broadcast.state == Broadcast.State.FINISHED and not broadcast.stop_reason
        return Reason.CONFIRMED if is_done else Reason.OVER
    counted = recent(broadcast.reminded_at, now)
    against = (
        (is_stopped(broadcast.kind), Reason.SWITCH),
        (quiet_until(house_terms().over(broadcast.kind), now) is not None, Reason.QUIET),
        (broadcast.paused_at is not None, Reason.PAUSED),
        (len(counted) >= MOST, Reason.SPENT),
        (any(now - at < APART for at in counted), Reason.RECENT),
    )
    named = next((reason for is_so, reason in against if is_so), None)
    return named or _nobody_open(broadcast, now=now)


def _nobody_open(broadcast: Broadcast, *, now: datetime) -> Reminder.Reason | None:
    waiting = open_tasks(broadcast)
    if waiting.filter(accepted_at__lte=now - APART).exists():
        return None
    is_under_way = broadcast.state == Broadcast.State.SUBMITTING
    return Reason.YOUNG if is_under_way or waiting.exists() else Reason.CONFIRMED
