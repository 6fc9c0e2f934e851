"""Measure what recurring broadcasts and journeys brought as a whole, and keep what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from analytics.models import SeriesCost, SeriesEffect
from analytics.selectors.models import current_fits
from analytics.selectors.series_effects import every_series, is_large, written
from analytics.selectors.series_report import DEFAULT_DAYS, WINDOWS, Series, sent_of
from analytics.selectors.series_report import series_report as report
from analytics.services.broadcast_effects import check_cost
from scrm.audit.services import record_act
from scrm.console.models import Operator

# While its messages still bring orders, and afterwards, when refunds still change them.
_EACH = timedelta(hours=6)
_SETTLED = timedelta(days=max(WINDOWS) + 60)
_LONGEST_SECONDS = 60
_ACTIONS = {"plan": "broadcast_plan.set_cost", "journey": "journey.set_cost"}


def measure_series(*, now: datetime) -> int:
    """Measure those that are due, and stop after a minute; returns how many. Safe to repeat.

    The window of the list is kept; of a large one every window that its page offers.
    """
    began, measured = monotonic(), 0
    known = {
        ("plan", effect.plan_id) if effect.plan_id else ("journey", effect.journey_id): effect
        for effect in _whole()
    }
    for series, last_at in every_series():
        effect = known.get((series.kind, series.row.pk))
        if effect is not None and effect.measured_at > min(now - _EACH, last_at + _SETTLED):
            continue
        sent = sent_of(series, now=now)
        if sent.last_at is None:
            continue
        windows = WINDOWS if is_large(series, sent) else (DEFAULT_DAYS,)
        _measure(series, windows, last_sent_at=sent.last_at, now=now)
        measured += 1
        if monotonic() - began > _LONGEST_SECONDS:
            break
    return measured


def _whole() -> QuerySet[SeriesEffect]:
    """Those measured, but for those from before there was an incremental LTV, or forecasts for it."""
    found = SeriesEffect.objects.defer("windows")
    if not current_fits():
        return found
    arms = f"windows__{DEFAULT_DAYS}__compared"
    is_compared = Q(**{f"{arms}__people__gt": 0, f"{arms}__held_people__gt": 0})
    has_none = Q(**{f"{arms}__worth": None}) | Q(**{f"{arms}__worth__isnull": True})
    return found.exclude(is_compared & has_none)


def _measure(
    series: Series, windows: Sequence[int], *, last_sent_at: datetime, now: datetime
) -> None:
    of_it: dict[str, Any] = {series.kind: series.row}
    SeriesEffect.objects.update_or_create(
        **of_it,
        defaults={
            "measured_at": now,
            "last_sent_at": last_sent_at,
            "windows": {str(days): written(report(series, days=days, now=now)) for days in windows},
        },
    )


def set_series_cost(
    *,
    series: Series,
    amount_fen: int | None,
    margin_percent: int,
    operator: Operator,
    now: datetime,
) -> None:
    """Write down what it cost as a whole; None takes the entry out. Raises InvalidInput (amount,
    margin).
    """
    check_cost(amount_fen, margin_percent)
    of_it: dict[str, Any] = {series.kind: series.row}
    with transaction.atomic():
        if amount_fen is None:
            SeriesCost.objects.filter(**of_it).delete()
        else:
            SeriesCost.objects.update_or_create(
                **of_it,
                defaults={
                    "amount_fen": amount_fen,
                    "margin_percent": margin_percent,
                    "entered_by": operator,
                    "entered_at": now,
                },
            )
        record_act(
            action=_ACTIONS[series.kind],
            subject=series.row,
            operator=operator,
            now=now,
            details={"amount_fen": amount_fen, "margin_percent": margin_percent},
        )
