"""Group codes (群活码): who came by each, into which groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from groups.models import GroupChat, GroupMember, JoinWay
from groups.selectors.group_list import visible_groups
from scrm.console.models import Operator
from scrm.segments.choices import Choice
from scrm.segments.days import business_day, start_of
from scrm.segments.values import Key


@dataclass(frozen=True)
class Joins:
    """How many came by a code: today, ever, and of these how many are still in their groups."""

    today: int = 0
    total: int = 0
    still: int = 0

    @property
    def gone(self) -> int:
        return self.total - self.still


@dataclass(frozen=True)
class GroupJoins:
    """A group that somebody came into by a code, or that the code leads to."""

    group: GroupChat
    joins: Joins
    is_led_to: bool


_COUNTS = {
    "total": Count("pk"),
    "still": Count("pk", filter=Q(left_at__isnull=True)),
}


def join_ways() -> QuerySet[JoinWay]:
    """Codes that are not deleted and deleted ones, the newest first."""
    return JoinWay.objects.order_by("-created_at", "-pk").prefetch_related("groups")


def joins_of(ways: Sequence[JoinWay], operator: Operator, *, now: datetime) -> dict[int, Joins]:
    """Joins into groups this operator sees, by the key of the code. One query."""
    came = _came(operator).filter(state__in=[way.state for way in ways])
    rows: Any = came.values("state").annotate(**_today(now), **_COUNTS).order_by()
    counted = {row["state"]: Joins(row["today"], row["total"], row["still"]) for row in rows}
    return {way.pk: counted.get(way.state, Joins()) for way in ways}


def by_group(way: JoinWay, operator: Operator, *, now: datetime) -> list[GroupJoins]:
    """The groups of a code with its joins, those it leads to first. Three queries."""
    came = _came(operator).filter(state=way.state)
    found: Any = came.values("group").annotate(**_today(now), **_COUNTS).order_by()
    counted = {row["group"]: Joins(row["today"], row["total"], row["still"]) for row in found}
    led_to = set(way.groups.values_list("pk", flat=True))
    shown = visible_groups(operator).filter(pk__in={*led_to, *counted}).select_related("facts")
    rows = [
        GroupJoins(group, counted.get(group.pk, Joins()), group.pk in led_to) for group in shown
    ]
    return sorted(rows, key=lambda row: (not row.is_led_to, -row.joins.total, row.group.pk))


def _came(operator: Operator) -> QuerySet[GroupMember]:
    came = GroupMember.objects.exclude(state="")
    if operator.sees_everything:
        return came
    return came.filter(group__in=visible_groups(operator))


def _today(now: datetime) -> dict[str, Count]:
    return {"today": Count("pk", filter=Q(joined_at__gte=start_of(business_day(now))))}


class JoinWayChoices:
    """Codes by their state, for segments. One that was deleted keeps its meaning."""

    is_searched = True

    def find(self, query: str, limit: int) -> list[Choice]:
        found = JoinWay.objects.filter(name__icontains=query).order_by("-created_at", "-pk")
        return [Choice(way.state, way.name) for way in found[:limit]]

    def labels(self, keys: Sequence[Key]) -> dict[Key, str]:
        found = JoinWay.objects.filter(state__in=[key for key in keys if isinstance(key, str)])
        return dict(found.values_list("state", "name"))
