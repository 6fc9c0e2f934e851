"""Customers won and lost, day by day (新增, 流失, 净增)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from analytics.selectors.scope import Scope, within
from contacts.models import Contact


@dataclass(frozen=True)
class GrowthDay:
    """Customers whose first staff member added them that day, and who lost their last one."""

    day: date
    added: int
    lost: int

    @property
    def net(self) -> int:
        return self.added - self.lost


def growth(scope: Scope, *, today: date, days: int = 30) -> list[GrowthDay]:
    """The last days, oldest first, `today` last. Two queries."""
    first = today - timedelta(days=days - 1)
    start = timezone.make_aware(datetime.combine(first, time.min))
    people = within(Contact.objects.all(), scope, "pk")
    added, lost = (
        dict(
            people.filter(**{f"{column}__gte": start})
            .annotate(day=TruncDate(column))
            .values_list("day")
            .annotate(Count("pk"))
            .order_by()
        )
        for column in ("first_followed_at", "lost_at")
    )
    span = (first + timedelta(days=number) for number in range(days))
    return [GrowthDay(day, added.get(day, 0), lost.get(day, 0)) for day in span]
