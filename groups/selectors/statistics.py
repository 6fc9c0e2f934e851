"""Figures of customer groups by day and by owner (群统计).

Joins and leaves are our own, today's included; everything else is what WeCom counted, which tells
of whole days up to yesterday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Sum

from contacts.selectors.visibility import visible_staff
from groups.models import FigureDay, GroupDay, OwnerDay
from groups.selectors.group_list import staff_named
from scrm.console.models import Operator
from scrm.segments.days import business_day

TOP = 10
# What owners may be ordered by, as WeCom counts; the first on the last day, the others summed up.
MEASURES = ("members", "new_members", "messages")


@dataclass(frozen=True)
class Told:
    """What WeCom counted on one day over all owners asked for."""

    new_groups: int
    groups: int
    active_groups: int
    members: int
    active_members: int
    messages: int


@dataclass(frozen=True)
class Day:
    """One business day; `told` is None as long as WeCom's figures were not read."""

    day: date
    joins: int
    leaves: int
    told: Told | None


@dataclass(frozen=True)
class Reading:
    """How far WeCom's figures were read: the latest day, and the error that stops the reading."""

    latest: date | None
    error: str


@dataclass(frozen=True)
class Scope:
    """Whose groups are counted: of all owners the operator may see, or of those among them whose
    name or userid holds `owner`, or of the one with this id."""

    operator: Operator
    owner: str = ""
    owner_id: int | None = None

    def of_owners(self) -> QuerySet[OwnerDay]:
        return OwnerDay.objects.filter(**self._seen("owner"))

    def of_groups(self) -> QuerySet[GroupDay]:
        return GroupDay.objects.filter(**self._seen("group__owner"))

    def _seen(self, path: str) -> dict[str, object]:
        if self.operator.sees_everything and not self.owner and not self.owner_id:
            return {}
        staff = visible_staff(self.operator)
        if self.owner:
            staff = staff.filter(pk__in=staff_named(self.owner).values("pk"))
        if self.owner_id:
            staff = staff.filter(pk=self.owner_id)
        return {f"{path}__in": staff.values("pk")}


def by_day(scope: Scope, *, now: datetime, length: int) -> list[Day]:
    """The last `length` days with today, the oldest first; three queries."""
    today = business_day(now)
    since = today - timedelta(days=length - 1)
    names = [field.name for field in fields(Told)]
    rows: Any = (
        scope.of_owners()
        .filter(day__gte=since, day__lt=today)
        .values("day")
        .annotate(**{f"{name}_": Sum(name) for name in names})
    )
    told = {row["day"]: Told(**{name: row[f"{name}_"] for name in names}) for row in rows}
    read = set(
        FigureDay.objects.filter(day__gte=since, read_at__isnull=False).values_list(
            "day", flat=True
        )
    )
    moves = {
        day: (joins, leaves)
        for day, joins, leaves in scope.of_groups()
        .filter(day__gte=since, day__lte=today)
        .values_list("day")
        .annotate(Sum("joins"), Sum("leaves"))
    }
    nothing = Told(0, 0, 0, 0, 0, 0)
    return [
        Day(day, *moves.get(day, (0, 0)), told.get(day, nothing) if day in read else None)
        for day in (since + timedelta(days=number) for number in range(length))
    ]


def latest_two(days: Sequence[Day]) -> tuple[Day, Day] | None:
    """The last day that WeCom told of and the one before, to be compared."""
    for before, day in zip(reversed(days[:-1]), reversed(days), strict=False):
        if day.told and before.told:
            return day, before
    return None


def top_owners(scope: Scope, *, measure: str, now: datetime, length: int) -> list[tuple[str, int]]:
    """The owners ahead in a measure of WeCom over the last days: (name, figure), the first ten."""
    figures = scope.of_owners().filter(day__gte=business_day(now) - timedelta(days=length - 1))
    latest = reading().latest
    if measure == "members" and latest:
        figures = figures.filter(day=latest)
    totals = figures.values("owner__name", "owner__userid", "owner").annotate(figure=Sum(measure))
    ahead = totals.filter(figure__gt=0).order_by("-figure", "owner")[:TOP]
    return [(row["owner__name"] or row["owner__userid"], row["figure"]) for row in ahead]


def reading() -> Reading:
    """How far the figures were read; two queries."""
    latest = (
        FigureDay.objects.filter(read_at__isnull=False)
        .order_by("-day")
        .values_list("day", flat=True)
        .first()
    )
    stuck = FigureDay.objects.exclude(error="").order_by("-day").first()
    return Reading(latest, stuck.error if stuck else "")
