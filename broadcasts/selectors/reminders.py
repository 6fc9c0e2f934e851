"""The reminders of one broadcast: those made, those skipped, and the next ones (自动提醒)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadcasts.models import Broadcast, Reminder
from broadcasts.models.written import ReminderPlan
from broadcasts.policy.reminder_plan import moments

State = Broadcast.State


@dataclass(frozen=True)
class PlannedReminders:
    """`rows` are decided on or waiting, in order. `next_at` is the next planned moment; while
    nothing is handed over it is expected for a hand-over at the window's opening (`is_estimate`).
    """

    is_on: bool
    rows: list[Reminder]
    next_at: datetime | None
    is_estimate: bool = False


def planned_reminders(broadcast: Broadcast) -> PlannedReminders:
    """One query, none for a broadcast without a plan."""
    if broadcast.reminder_plan == ReminderPlan.OFF:
        return PlannedReminders(is_on=False, rows=[], next_at=None)
    rows = list(broadcast.reminders.order_by("due_at", "pk"))
    if rows or broadcast.is_final:
        waiting = [row.due_at for row in rows if row.state == Reminder.State.WAITING]
        return PlannedReminders(is_on=True, rows=rows, next_at=min(waiting, default=None))
    due = moments(
        broadcast.reminder_plan,
        handed_at=broadcast.frozen_at or broadcast.window_start,
        closes_at=broadcast.window_end,
    )
    return PlannedReminders(
        is_on=True, rows=[], next_at=min(due, default=None), is_estimate=bool(due)
    )
