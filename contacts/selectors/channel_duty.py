"""Whom a channel leads to at a moment (排班): its plan, who is full for today, who steps in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, QuerySet
from django.utils import timezone

from contacts.models import Channel, ChannelShift, Department, Follow, Staff
from contacts.rules.rota import Shift, on_duty
from contacts.selectors.departments import subtrees
from scrm.segments.days import business_day, start_of


@dataclass(frozen=True)
class Duty:
    """Whom a code shall lead to now.

    `staff` by name and `departments` whole; `full` have had their customers of today.
    `is_backup`: everybody was full, so the backup staff step in. `is_over_cap`: there is nobody
    to step in, and a code that leads to nobody would be worse than one customer too many.
    """

    staff: tuple[Staff, ...]
    departments: tuple[Department, ...] = ()
    full: tuple[Staff, ...] = ()
    is_backup: bool = False
    is_over_cap: bool = False

    @property
    def is_nobody(self) -> bool:
        return not self.staff and not self.departments


def with_staff(channels: QuerySet[Channel]) -> QuerySet[Channel]:
    """Channels with all that `duty_of` looks at, in a fixed number of queries."""
    shifts = ChannelShift.objects.order_by("pk").prefetch_related("staff")
    return channels.prefetch_related(
        "staff", "departments", "backups", Prefetch("shifts", queryset=shifts)
    )


def adds_today(channels: Iterable[Channel], *, now: datetime) -> dict[tuple[str, int], int]:
    """New relations of this business day by (state, staff id), for channels with a cap."""
    states = [channel.state for channel in channels if channel.daily_cap]
    if not states:
        return {}
    today = start_of(business_day(now))
    rows = Follow.objects.filter(state__in=states, added_at__gte=today)
    counted = rows.values_list("state", "staff_id").annotate(number=Count("pk")).order_by()
    return {(state, staff_id): number for state, staff_id, number in counted}


def duty_of(channel: Channel, *, now: datetime, adds: dict[tuple[str, int], int]) -> Duty:
    """Whom a channel of `with_staff` shall lead to now, given `adds_today`."""
    staff, departments = _planned(channel, now)
    if not channel.daily_cap:
        return Duty(_able(staff), departments)
    everybody = _able([*staff, *_members(departments)])
    cap = channel.daily_cap
    full = tuple(who for who in everybody if adds.get((channel.state, who.pk), 0) >= cap)
    free = tuple(who for who in everybody if who not in full)
    if free:
        return Duty(free, full=full)
    backups = _able(channel.backups.all())
    if backups:
        return Duty(backups, full=full, is_backup=True)
    return Duty(everybody, full=full, is_over_cap=bool(everybody))


def _planned(channel: Channel, now: datetime) -> tuple[list[Staff], tuple[Department, ...]]:
    """By the weekly plan; in hours that no shift covers, everybody who is named."""
    rows = list(channel.shifts.all())
    people = {member.pk: member for row in rows for member in row.staff.all()}
    shifts = [
        Shift(frozenset(row.weekdays), row.starts, row.ends, tuple(m.pk for m in row.staff.all()))
        for row in rows
    ]
    serving = on_duty(shifts, timezone.localtime(now, timezone.get_default_timezone()))
    if serving is not None:
        return [people[pk] for pk in serving], ()
    living = tuple(one for one in channel.departments.all() if not one.is_gone)
    return list(channel.staff.all()), living


def _able(staff: Iterable[Staff]) -> tuple[Staff, ...]:
    """Those whom WeCom lets a code lead to, each once, in a lasting order."""
    able = {m.pk: m for m in staff if m.status == Staff.Status.ACTIVE and m.is_following}
    return tuple(able[pk] for pk in sorted(able))


def _members(departments: Sequence[Department]) -> list[Staff]:
    """Everybody in these departments and below, for a cap counts people."""
    if not departments:
        return []
    ids = {pk for tree in subtrees([d.pk for d in departments]).values() for pk in tree}
    numbers = Department.objects.filter(pk__in=ids, is_gone=False)
    wecom_ids = list(numbers.values_list("wecom_id", flat=True))
    return list(Staff.objects.filter(department_wecom_ids__overlap=wecom_ids))
