"""Repurchase (复购): how many buy again, and how long that takes."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, DateField, F, FloatField, Min, Q, Sum, Value
from django.db.models.functions import Cast, Coalesce

from analytics.metrics.repurchase import Repurchase
from analytics.metrics.survival import Durations
from analytics.models import ContactMetrics, CustomerMonth
from analytics.selectors.durations import durations
from analytics.selectors.expressions import DaysBetween, Median
from analytics.selectors.months import month_of, months_later
from analytics.selectors.scope import Scope, within

WINDOW_MONTHS = 12


def window_start(today: date) -> date:
    """The first day of the window: twelve calendar months, the running one included."""
    return months_later(month_of(today), 1 - WINDOW_MONTHS)


def window_repurchase(scope: Scope, *, today: date) -> Repurchase:
    """Buyers of the last twelve months, and of them those who bought on two days or before it.

    One query over the monthly roll-up.
    """
    start = window_start(today)
    buyers = (
        within(CustomerMonth.objects.filter(month__gte=start), scope)
        .values("contact_id")
        .annotate(days=Sum("purchase_days"), began=Min("cohort"))
    )
    counted = buyers.aggregate(
        buyers=Count("contact_id"),
        repeaters=Count("contact_id", filter=Q(days__gt=1)),
        returning=Count("contact_id", filter=Q(began__lt=start)),
    )
    return Repurchase(**counted)


def usual_cycle_days(scope: Scope) -> float | None:
    """The median, over repeat buyers, of the mean days between their purchase days. One query."""
    mean_gap = Cast(DaysBetween(F("last_on"), F("first_on")), FloatField()) / (
        F("purchase_days") - 1
    )
    rows = within(ContactMetrics.objects.filter(purchase_days__gt=1), scope)
    found = rows.aggregate(median=Median(mean_gap))["median"]
    return None if found is None else float(found)


def time_to_second_purchase(scope: Scope, *, today: date) -> Durations:
    """Days from the first to the second purchase day; who has not come back yet is censored
    today. One query.
    """
    until = Coalesce(F("second_on"), Value(today, output_field=DateField()))
    rows = (
        within(ContactMetrics.objects.filter(first_on__lte=today), scope)
        .annotate(days=DaysBetween(until, F("first_on")), is_waiting=Q(second_on__isnull=True))
        .values("days", "is_waiting")
        .annotate(how_many=Count("pk"))
        .values_list("days", "is_waiting", "how_many")
    )
    return durations((days, not is_waiting, how_many) for days, is_waiting, how_many in rows)
