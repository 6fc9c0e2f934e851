"""Who still has to confirm, and when that will probably be over (执行看板)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from broadcasts.models import Batch, Broadcast
from broadcasts.models.broadcast import RUNNING
from broadcasts.policy.confirm_delay import UNKNOWN, Forecast, History, forecast
from broadcasts.selectors.progress import visible_broadcasts
from contacts.models import Staff
from scrm.console.models import Operator

# A member's habit is read from her last tasks.
TASKS_READ, DAYS_READ = 20, 90
State = Batch.State


@dataclass(frozen=True)
class OpenTask:
    """What one staff member has not confirmed of one broadcast. `waiting` are the customers
    behind it, or groups for a broadcast to groups; `since` is when the first task reached her.
    """

    broadcast: Broadcast
    staff: Staff
    since: datetime
    waiting: int
    reminders: int
    forecast: Forecast


@dataclass(frozen=True)
class StaffLoad:
    """All that waits for one staff member; the slowest of her tasks gives the forecast."""

    staff: Staff
    tasks: list[OpenTask]

    @property
    def customers(self) -> int:
        return sum(task.waiting for task in self.tasks if not _is_group(task.broadcast))

    @property
    def groups(self) -> int:
        return sum(task.waiting for task in self.tasks if _is_group(task.broadcast))

    @property
    def since(self) -> datetime:
        return min(task.since for task in self.tasks)

    @property
    def reminders(self) -> int:
        return max(task.reminders for task in self.tasks)

    @property
    def forecast(self) -> Forecast:
        return slowest(task.forecast for task in self.tasks)


@dataclass(frozen=True)
class Running:
    """A broadcast that is with its staff. `staff` counts all who have a task, `tasks` what is
    open of them, `not_handed` batches that WeCom does not hold yet.
    """

    broadcast: Broadcast
    staff: int
    not_handed: int
    tasks: list[OpenTask]

    @property
    def confirmed(self) -> int:
        return self.staff - len(self.tasks)

    @property
    def waiting(self) -> int:
        return sum(task.waiting for task in self.tasks)

    @property
    def forecast(self) -> Forecast:
        return UNKNOWN if self.not_handed else slowest(task.forecast for task in self.tasks)

    @property
    def is_late(self) -> bool:
        """Its window will probably close before everybody has confirmed."""
        at = self.forecast.at
        return at is not None and at > self.broadcast.window_end


@dataclass(frozen=True)
class Cockpit:
    """The running broadcasts, the one that closes first on top, and what waits by staff member,
    the largest load on top.
    """

    running: list[Running]
    loads: list[StaffLoad]

    @property
    def customers(self) -> int:
        return sum(load.customers for load in self.loads)

    @property
    def groups(self) -> int:
        return sum(load.groups for load in self.loads)


def cockpit(operator: Operator, *, now: datetime, broadcast_id: int | None = None) -> Cockpit:
    """Four queries, however many broadcasts and staff there are."""
    shown = visible_broadcasts(operator).filter(state__in=RUNNING).order_by("window_end", "pk")
    if broadcast_id is not None:
        shown = shown.filter(pk=broadcast_id)
    broadcasts = list(shown)
    batches = _batches(broadcasts)
    histories = confirm_histories({b.staff_id for b in batches if _is_open(b)}, now=now)
    by_broadcast: dict[int, list[Batch]] = defaultdict(list)
    for batch in batches:
        by_broadcast[batch.broadcast_id].append(batch)
    running = [_running(one, by_broadcast[one.pk], histories, now) for one in broadcasts]
    return Cockpit(running, _loads(running))


def confirm_histories(staff_ids: Iterable[int], *, now: datetime) -> dict[int, History]:
    """How long each of these took for her last tasks, and how many she let pass until their
    window closed. One query.
    """
    over = Batch.objects.filter(
        staff_id__in=list(staff_ids),
        accepted_at__gte=now - timedelta(days=DAYS_READ),
    )
    confirmed = over.filter(confirmed_at__isnull=False)
    let_pass = over.filter(
        confirmed_at=None,
        state=State.CANCELLED,
        broadcast__stop_reason=Broadcast.StopReason.WINDOW,
    )
    place = Window(RowNumber(), partition_by="staff_id", order_by=F("accepted_at").desc())
    last = (confirmed | let_pass).annotate(place=place).filter(place__lte=TASKS_READ)
    delays: dict[int, list[timedelta]] = defaultdict(list)
    never: dict[int, int] = defaultdict(int)
    for staff_id, since, at in last.values_list("staff_id", "accepted_at", "confirmed_at"):
        if at is None:
            never[staff_id] += 1
        elif since is not None:
            delays[staff_id].append(at - since)
    return {pk: History(delays[pk], never[pk]) for pk in {*delays, *never}}


def slowest(forecasts: Iterable[Forecast]) -> Forecast:
    """When all of them are over: nothing is known when one is unknown, and doubt stays doubt."""
    found = list(forecasts)
    if any(one.is_doubtful for one in found):
        return Forecast(is_doubtful=True)
    ends = [one.at for one in found if one.at is not None]
    return Forecast(max(ends)) if ends and len(ends) == len(found) else UNKNOWN


def _batches(broadcasts: list[Broadcast]) -> list[Batch]:
    rows: QuerySet[Batch] = Batch.objects.filter(broadcast__in=broadcasts)
    return list(rows.select_related("staff").order_by("broadcast_id", "staff_id", "seq"))


def _is_open(batch: Batch) -> bool:
    return batch.state == State.ACCEPTED and batch.confirmed_at is None


def _is_group(broadcast: Broadcast) -> bool:
    return broadcast.kind == Broadcast.Kind.GROUP


def _running(
    broadcast: Broadcast, batches: list[Batch], histories: Mapping[int, History], now: datetime
) -> Running:
    waiting: dict[int, list[Batch]] = defaultdict(list)
    for batch in batches:
        if _is_open(batch):
            waiting[batch.staff_id].append(batch)
    return Running(
        broadcast=broadcast,
        staff=len({batch.staff_id for batch in batches if batch.msgid}),
        not_handed=sum(
            batch.state in {State.READY, State.SUBMITTING, State.UNKNOWN} for batch in batches
        ),
        tasks=[
            _task(broadcast, own, histories.get(pk, History()), now) for pk, own in waiting.items()
        ],
    )


def _task(broadcast: Broadcast, own: list[Batch], history: History, now: datetime) -> OpenTask:
    since = min(batch.accepted_at or now for batch in own)
    return OpenTask(
        broadcast=broadcast,
        staff=own[0].staff,
        since=since,
        waiting=sum(batch.size for batch in own),
        reminders=sum(at >= since for at in broadcast.reminded_at),
        forecast=forecast(history, since=since, now=now),
    )


def _loads(running: list[Running]) -> list[StaffLoad]:
    by_staff: dict[int, list[OpenTask]] = defaultdict(list)
    for one in running:
        for task in one.tasks:
            by_staff[task.staff.pk].append(task)
    loads = [StaffLoad(tasks[0].staff, tasks) for tasks in by_staff.values()]
    return sorted(loads, key=lambda load: (-(load.customers + load.groups), load.since))
