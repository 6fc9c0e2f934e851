"""How far the metrics have read the order ledger, and whether that can be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min

from analytics.models import MetricsRun, StaleCustomer
from contacts.models import Order

# The beat asks every minute; after five something stands still.
LATE = timedelta(minutes=5)


def newest_order() -> datetime | None:
    """When the newest order or change of one came in. One index read."""
    newest: datetime | None = Order.objects.aggregate(newest=Max("imported_at"))["newest"]
    return newest


def last_run() -> MetricsRun | None:
    """The newest run that ended well."""
    return MetricsRun.objects.filter(error="", finished_at__isnull=False).first()


def failure() -> MetricsRun | None:
    """The newest run, if it failed; the next good one makes it history."""
    newest = MetricsRun.objects.first()
    return newest if newest is not None and newest.error else None


@dataclass(frozen=True)
class Currency:
    """How current the figures are (数据时效).

    `waiting` customers have orders that no figure has seen yet, the oldest since `waiting_since`.
    `mended` is the last rebuild when it found rows that had not been right.
    """

    now: datetime
    last: MetricsRun | None
    failed: MetricsRun | None
    mended: MetricsRun | None
    waiting: int
    waiting_since: datetime | None

    @property
    def current_at(self) -> datetime | None:
        """When the figures were last known to hold every order; None before the first run."""
        return self.last.current_at if self.last else None

    @property
    def is_late(self) -> bool:
        """Whether nobody has refreshed for more than five minutes."""
        times = (self.current_at, self.waiting_since)
        return any(time is not None and self.now - time > LATE for time in times)

    @property
    def is_alarming(self) -> bool:
        return self.is_late or self.failed is not None or self.mended is not None


def currency(*, now: datetime) -> Currency:
    """Four queries, none of them long."""
    waiting = StaleCustomer.objects.aggregate(
        customers=Count("contact_id", distinct=True), since=Min("since")
    )
    rebuild = MetricsRun.objects.filter(
        kind=MetricsRun.Kind.REBUILD, error="", finished_at__isnull=False
    ).first()
    return Currency(
        now=now,
        last=last_run(),
        failed=failure(),
        mended=rebuild if rebuild is not None and rebuild.differences else None,
        waiting=waiting["customers"],
        waiting_since=waiting["since"],
    )


def newest_runs(limit: int) -> list[MetricsRun]:
    """Newest first. One query."""
    return list(MetricsRun.objects.all()[:limit])
