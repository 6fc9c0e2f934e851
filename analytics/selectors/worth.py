"""What customers are worth, in depth: LTV taken apart, customer equity, concentration (客户资产).

JSON, so that it can be kept over night:
{"split": {buyers, orders, days_watched, net_fen}, "split_before": the same a year ago or null,
 "before_on": day, "concentration": {customers, share, gini}, "equity": {customers, total_fen,
 best_tenth} or null, "newcomer": {first_fen, orders, value_fen} or null,
 "soon": [[days, customers expected to order within them], …]}. Money in fen, before any margin.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, F, Sum, Value

from analytics.metrics import mbgnbd
from analytics.metrics.arrays import floats
from analytics.metrics.concentration import concentration
from analytics.metrics.customer_equity import equity, newcomer_value, usual_order_value
from analytics.metrics.history import History
from analytics.metrics.ltv import Terms
from analytics.metrics.next_order import chance_within
from analytics.models import ContactMetrics, CustomerMonth
from analytics.selectors import columns
from analytics.selectors.expressions import DaysBetween
from analytics.selectors.models import models_in_use
from analytics.selectors.months import month_of, months_later
from analytics.selectors.scope import Scope, within
from scrm.segments.days import business_day

SOON_DAYS = (7, 30, 90)
YEAR = Terms(horizon=365.0, period=365.0)
_BEFORE_MONTHS = 12
_EPOCH = date(1970, 1, 1)
# Nothing is expected of a buyer whom no forecast knows yet.
_UNKNOWN = -1


def worth(scope: Scope, *, now: datetime) -> dict[str, Any]:
    """Reads every buyer's sums once: for the night, or a small scope."""
    today = business_day(now)
    rows = _read(scope, today)
    before_on = months_later(month_of(today), 1 - _BEFORE_MONTHS) - timedelta(days=1)
    predicted = rows["predicted"][rows["predicted"] != _UNKNOWN]
    expected = equity(floats(predicted), error=0.0) if predicted.size else None
    return {
        "split": {
            "buyers": int(rows["net"].size),
            "orders": int(rows["orders"].sum()),
            "net_fen": int(rows["net"].sum()),
            "days_watched": int(rows["age"].sum() + rows["age"].size),
        },
        "split_before": _split_before(scope, before_on),
        "before_on": f"{before_on}",
        "concentration": asdict(concentration(rows["net"])),
        "equity": expected
        and {
            "customers": expected.customers,
            "total_fen": round(expected.total),
            "best_tenth": expected.best_tenth,
        },
        **_from_models(rows),
    }


def _read(scope: Scope, today: date) -> columns.Columns:
    contacts = [] if scope is None else list(scope.values_list("pk", flat=True))
    return columns.read(
        """
        SELECT net_fen, first_day_fen, coalesce(predicted_fen, %s)::int8, orders::int8,
               (purchase_days - 1)::int8, (last_on - first_on)::int8,
               (greatest(%s::date, last_on) - first_on)::int8
        FROM analytics_contactmetrics
        WHERE first_on <= %s AND (%s OR contact_id = ANY(%s::bigint[]))
        """,
        ("net", "first_day", "predicted", "orders", "repeats", "span", "age"),
        [_UNKNOWN, today, today, scope is None, contacts],
    )


def _split_before(scope: Scope, day: date) -> dict[str, int] | None:
    """As it stood at the end of `day`, the last of a month; None without buyers then.

    Days watched are summed as day numbers, so that the database adds one column up.
    """
    sums = within(CustomerMonth.objects.filter(month__lte=day), scope).aggregate(
        orders=Sum("orders", default=0), net_fen=Sum("net_fen", default=0)
    )
    began = within(ContactMetrics.objects.filter(first_on__lte=day), scope).aggregate(
        buyers=Count("pk"), days=Sum(DaysBetween(F("first_on"), Value(_EPOCH)))
    )
    if not began["buyers"]:
        return None
    watched = began["buyers"] * ((day - _EPOCH).days + 1) - int(began["days"])
    return {
        "buyers": began["buyers"],
        "orders": int(sums["orders"]),
        "net_fen": int(sums["net_fen"]),
        "days_watched": watched,
    }


def _from_models(rows: columns.Columns) -> dict[str, Any]:
    models = models_in_use()
    if models is None or not rows["net"].size:
        return {"newcomer": None, "soon": []}
    buying, value = models
    repeats = int(rows["repeats"].sum())
    mean = float(rows["net"].sum() - rows["first_day"].sum()) / repeats if repeats else 0.0
    first_fen = float(rows["first_day"].mean())
    history = History(floats(rows["repeats"]), floats(rows["span"]), floats(rows["age"]))
    each = usual_order_value(value.spending, mean)
    return {
        "newcomer": {
            "first_fen": first_fen,
            "orders": float(mbgnbd.expected_orders(buying, YEAR.horizon)),
            "value_fen": newcomer_value(mbgnbd.MODEL, buying, each, first_fen, YEAR),
        },
        "soon": [
            [days, float(np.sum(chance_within(mbgnbd.MODEL, buying, history, t=float(days))))]
            for days in SOON_DAYS
        ],
    }
