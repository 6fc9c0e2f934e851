"""Where customers stand, and how they move between stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncWeek
from django.utils import timezone

from analytics.selectors.scope import Scope, within
from contacts.models import Contact, LifecycleTransition, LostKind, Stage


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
class Flow:
    """Customers that entered each stage during a week that begins on `week` (a Monday)."""

    week: date
    entered: dict[str, int]


def standings(scope: Scope) -> list[Standing]:
    """All stages in their order, the empty ones too. One query."""
    rows = within(Contact.objects.all(), scope, "pk").values_list("stage", "lost_kind")
    counted = {
        (stage, kind): how_many for stage, kind, how_many in rows.annotate(Count("pk")).order_by()
    }
    ladder: list[tuple[str, str]] = [
        (stage, LostKind.NONE) for stage in Stage if stage != Stage.LOST
    ]
    ladder += [(Stage.LOST, LostKind.INACTIVE), (Stage.LOST, LostKind.UNFRIENDED)]
    return [Standing(stage, kind, counted.get((stage, kind), 0)) for stage, kind in ladder]


def weekly_flow(scope: Scope, *, now: datetime, weeks: int = 12) -> list[Flow]:
    """Stage changes of the last weeks, oldest first, the running one last. One query."""
    local = timezone.localtime(now)
    monday = local.replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=local.weekday())
    start = monday - timedelta(weeks=weeks - 1)
    rows = (
        within(LifecycleTransition.objects.filter(at__gte=start, at__lte=now), scope)
        .annotate(week=TruncWeek("at"))
        .values("week", "to_stage")
        .annotate(how_many=Count("pk"))
        .values_list("week", "to_stage", "how_many")
        .order_by()
    )
    flows = [
        Flow(start.date() + timedelta(weeks=number), dict.fromkeys(Stage.values, 0))
        for number in range(weeks)
    ]
    by_week = {flow.week: flow for flow in flows}
    for week, stage, how_many in rows:
        by_week[timezone.localtime(week).date()].entered[stage] = how_many
    return flows
