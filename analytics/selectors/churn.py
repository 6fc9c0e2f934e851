"""Churn (流失) of both kinds, never added up: who unfriended us, and who stopped buying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, IntegerField, Q, Value
from django.db.models.functions import Cast, Coalesce, Floor, Least, TruncMonth
from django.utils import timezone

from analytics.metrics.ratios import ratio
from analytics.metrics.survival import Durations
from analytics.models import ContactMetrics
from analytics.selectors.durations import durations
from analytics.selectors.expressions import WholeDaysBetween
from analytics.selectors.months import month_of, months_later
from analytics.selectors.scope import Scope, within
from contacts.models import Follow
from contacts.selectors.lifecycle import lifecycle_settings

BUCKETS = 10


@dataclass(frozen=True)
class UnfriendMonth:
    """Follow relations at the start of a month, and those of them or newer that customers ended."""

    month: date
    at_start: int
    unfriended: int
    is_complete: bool

    @property
    def rate(self) -> float | None:
        return ratio(self.unfriended, self.at_start)


@dataclass(frozen=True)
class Inactive:
    """Buyers whose last order is longer ago than the thresholds; `lost` is not in `silent`."""

    buyers: int
    silent: int
    lost: int
    silent_after_days: int
    lost_after_days: int

    @property
    def silent_share(self) -> float | None:
        return ratio(self.silent, self.buyers)

    @property
    def lost_share(self) -> float | None:
        return ratio(self.lost, self.buyers)


def friendship_durations(scope: Scope, *, now: datetime) -> Durations:
    """How long follow relations last until the customer ends them (删除好友). One query.

    Relations that still hold, or that staff or something unknown ended, are censored there.
    """
    rows = (
        within(Follow.objects.filter(added_at__lte=now), scope)
        .annotate(days=WholeDaysBetween(Coalesce(F("ended_at"), Value(now)), F("added_at")))
        .values("days")
        .annotate(
            ended=Count("pk", filter=Q(status=Follow.Status.DELETED_BY_CONTACT)), total=Count("pk")
        )
        .values_list("days", "ended", "total")
    )
    return durations(
        (days, seen, how_many)
        for days, ended, total in rows
        for seen, how_many in ((True, ended), (False, total - ended))
    )


def unfriend_months(scope: Scope, *, today: date, months: int = 12) -> list[UnfriendMonth]:
    """The last months, oldest first, the running one last. Two queries."""
    follows = within(Follow.objects.all(), scope)
    added = _by_month(follows.annotate(month=TruncMonth("added_at")).values_list("month"))
    ended = _by_month(
        follows.filter(ended_at__isnull=False)
        .annotate(month=TruncMonth("ended_at"))
        .values_list("month")
    )
    result = []
    for number in range(1 - months, 1):
        month = months_later(month_of(today), number)
        at_start = _before(month, added) - _before(month, ended)
        unfriended = ended.get(month, (0, 0))[1]
        result.append(UnfriendMonth(month, at_start, unfriended, is_complete=number < 0))
    return result


def inactive(scope: Scope, *, today: date) -> Inactive:
    """Buyers by the days since their last order, at the lifecycle's thresholds. Two queries."""
    limits = lifecycle_settings()
    silent_days, lost_days = limits.silent_after_days, limits.lost_after_days
    since_lost, since_silent = today - timedelta(lost_days), today - timedelta(silent_days)
    counted = within(ContactMetrics.objects.all(), scope).aggregate(
        buyers=Count("pk"),
        silent=Count("pk", filter=Q(last_on__lt=since_silent, last_on__gte=since_lost)),
        lost=Count("pk", filter=Q(last_on__lt=since_lost)),
    )
    return Inactive(**counted, silent_after_days=silent_days, lost_after_days=lost_days)


def alive_distribution(scope: Scope) -> list[int]:
    """Buyers by P(alive) in ten buckets, 0–10 % first; empty before the first forecast."""
    bucket = Least(Cast(Floor(F("p_alive") * BUCKETS), IntegerField()), Value(BUCKETS - 1))
    rows = (
        within(ContactMetrics.objects.filter(p_alive__isnull=False), scope)
        .annotate(bucket=bucket)
        .values("bucket")
        .annotate(how_many=Count("pk"))
        .values_list("bucket", "how_many")
    )
    counted = dict(rows)
    return [counted.get(number, 0) for number in range(BUCKETS)] if counted else []


def _by_month(rows: object) -> dict[date, tuple[int, int]]:
    """(all, by the customer) per month of the business time zone."""
    counted = rows.annotate(  # type: ignore[attr-defined]
        total=Count("pk"),
        by_contact=Count("pk", filter=Q(status=Follow.Status.DELETED_BY_CONTACT)),
    )
    return {
        timezone.localtime(month).date(): (total, by_contact)
        for month, total, by_contact in counted
    }


def _before(month: date, counted: dict[date, tuple[int, int]]) -> int:
    return sum(total for key, (total, _) in counted.items() if key < month)
