"""Where customers stand in the lifecycle, and how they move between its stages (流转)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone
from django.utils.translation import pgettext

from contacts.models import Contact, LifecycleTransition, LostKind, Stage
from contacts.rules.lifecycle import Thresholds
from contacts.selectors.stage_sql import JUDGED, judging

# The customers that count; None means all of them and keeps the queries free of a filter.
Visible: TypeAlias = "QuerySet[Contact] | None"
Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """One stage with its customers; a loss is named by its kind."""

    stage: str
    lost_kind: str
    customers: int

    @property
    def label(self) -> str:
        if self.stage == Stage.LOST:
            return str(LostKind(self.lost_kind).label)
        return str(Stage(self.stage).label)


@dataclass(frozen=True)
class Week:
    """The stage changes of a week that begins on `monday`; keys are (from, to), "" is nowhere.

    `stock` counts the customers of each stage at its end (now, for the running week).
    """

    monday: date
    moves: Mapping[Pair, int]
    stock: Mapping[str, int]

    @property
    def entered(self) -> dict[str, int]:
        """Customers that entered each stage."""
        found = dict.fromkeys(Stage.values, 0)
        for (_before, after), how_many in self.moves.items():
            found[after] += how_many
        return found

    @property
    def revived(self) -> int:
        """Those who came back from silence or loss (唤醒)."""
        asleep = {Stage.SILENT, Stage.LOST}
        return sum(
            how_many
            for (before, after), how_many in self.moves.items()
            if before in asleep and after not in asleep
        )

    @property
    def kept(self) -> int:
        """Buyers at the end of the week who are neither silent nor lost (留存)."""
        return self.stock[Stage.FIRST] + self.stock[Stage.REPEAT]


def stage_label(stage: str) -> str:
    """The name of a stage; of "" what a customer was before anything was known."""
    return str(Stage(stage).label) if stage else pgettext("lifecycle", "Not known before")


def standings(visible: Visible) -> list[Standing]:
    """All stages in their order, the empty ones too. One query."""
    rows = Contact.objects.all() if visible is None else visible
    counted = {
        (stage, kind): how_many
        for stage, kind, how_many in rows.values_list("stage", "lost_kind")
        .annotate(how_many=Count("*"))
        .order_by()
    }
    ladder: list[Pair] = [(stage, LostKind.NONE) for stage in Stage if stage != Stage.LOST]
    ladder += [(Stage.LOST, LostKind.INACTIVE), (Stage.LOST, LostKind.UNFRIENDED)]
    return [Standing(stage, kind, counted.get((stage, kind), 0)) for stage, kind in ladder]


def weekly_flow(visible: Visible, *, now: datetime, weeks: int = 12) -> list[Week]:
    """The last weeks, oldest first, the running one last; none from before the log began.

    A customer who was added counts as a move from nowhere to "new". Four queries.
    """
    monday = _monday(now)
    first = LifecycleTransition.objects.order_by("at", "pk").values_list("at", flat=True).first()
    if first is None:
        return []
    start = max(monday - timedelta(weeks=weeks - 1), _monday(first))
    by_week = {
        (start + timedelta(weeks=number)).date(): Counter[Pair]()
        for number in range((monday - start).days // 7 + 1)
    }
    for week, before, after, how_many in _moves_by_week(visible, start, now):
        by_week[timezone.localtime(week).date()][before, after] += how_many
    stock = Counter[str]()
    for row in standings(visible):
        stock[row.stage] += row.customers
    found: list[Week] = []
    for day, changes in reversed(by_week.items()):
        found.append(Week(day, dict(changes), {stage: stock[stage] for stage in Stage}))
        for (before, after), how_many in changes.items():
            stock[after] -= how_many
            stock[before] += how_many
    return found[::-1]


def _moves_by_week(
    visible: Visible, start: datetime, end: datetime
) -> Iterator[tuple[datetime, str, str, int]]:
    moves = LifecycleTransition.objects.filter(at__gte=start, at__lte=end)
    added = Contact.objects.all() if visible is None else visible
    if visible is not None:
        moves = moves.filter(contact__in=visible.values("pk"))
    yield from (
        moves.annotate(week=TruncWeek("at"))
        .values("week", "from_stage", "to_stage")
        .annotate(how_many=Count("pk"))
        .values_list("week", "from_stage", "to_stage", "how_many")
        .order_by()
    )
    for week, how_many in (
        added.filter(first_followed_at__gte=start, first_followed_at__lte=end)
        .annotate(week=TruncWeek("first_followed_at"))
        .values("week")
        .annotate(how_many=Count("pk"))
        .values_list("week", "how_many")
        .order_by()
    ):
        yield week, "", Stage.NEW, how_many


def moves_between(visible: Visible, start: datetime, end: datetime) -> dict[Pair, int]:
    """The stage changes of a span, customers added as moves from nowhere to "new". Two queries."""
    moves = LifecycleTransition.objects.filter(at__gte=start, at__lt=end)
    added = Contact.objects.all() if visible is None else visible
    if visible is not None:
        moves = moves.filter(contact__in=visible.values("pk"))
    counted = moves.values_list("from_stage", "to_stage").annotate(Count("pk")).order_by()
    found = {(before, after): how_many for before, after, how_many in counted}
    newcomers = added.filter(first_followed_at__gte=start, first_followed_at__lt=end).count()
    return {**found, ("", Stage.NEW.value): newcomers} if newcomers else found


def stage_changes_under(limits: Thresholds, *, now: datetime) -> dict[Pair, int]:
    """How many customers would leave which stage for which, were these thresholds in force."""
    with connection.cursor() as cursor:
        cursor.execute(_WOULD_MOVE.format(judged=JUDGED.format(scope="")), judging(limits, now=now))
        return {(before, after): how_many for before, after, how_many in cursor.fetchall()}


def _monday(now: datetime) -> datetime:
    local = timezone.localtime(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=local.weekday())


_WOULD_MOVE = """
SELECT c.stage, j.stage, count(*)
FROM ({judged}) j
JOIN contacts_contact c ON c.id = j.contact_id
WHERE c.stage <> j.stage
GROUP BY c.stage, j.stage
ORDER BY count(*) DESC
"""
