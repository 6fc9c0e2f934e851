"""How far the metrics have read the order ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeAlias

from django.db.models import Max

from analytics.models import MetricsRun
from contacts.models import Order

# Newest `imported_at`, and how many orders stand in the quarter of an hour that ends there.
Watermark: TypeAlias = tuple[datetime | None, int]

# Longer than an import takes to commit; what is later still is found by the nightly rebuild.
_TAIL = timedelta(minutes=15)


def watermark() -> Watermark:
    """Where the ledger ends now. Two index reads."""
    newest = Order.objects.aggregate(newest=Max("imported_at"))["newest"]
    if newest is None:
        return None, 0
    return newest, Order.objects.filter(imported_at__gte=tail_start(newest)).count()


def tail_start(newest: datetime) -> datetime:
    return newest - _TAIL


def last_run() -> MetricsRun | None:
    """The newest run that ended well."""
    return MetricsRun.objects.filter(error="", finished_at__isnull=False).first()


def failure() -> MetricsRun | None:
    """The newest run, if it failed; the next good one makes it history."""
    newest = MetricsRun.objects.first()
    return newest if newest is not None and newest.error else None
