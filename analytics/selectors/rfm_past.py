"""The RFM grid as it stood on a day that is over, from the orders up to that day."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, DateField, F, Max, Sum, Value

from analytics.metrics.rfm import SCORES
from analytics.selectors.expressions import DaysBetween
from analytics.selectors.profile import rfm_cuts
from analytics.selectors.rfm_grid import Cell, score
from analytics.selectors.scope import Scope, within
from contacts.models import Order

_GRID = """
SELECT r, f, count(*), sum(net), avg(m) FROM ({buyers}) buyers GROUP BY r, f
"""


def grid_on(scope: Scope, day: date) -> list[Cell]:
    """All 25 cells at the end of `day`, best first; none before the first cut points. Two queries.

    Scored by the limits of today, so that grids of two days can be compared. Nobody kept how
    likely customers were to be active on that day. Reads every order up to the day.
    """
    cuts = rfm_cuts()
    if cuts is None:
        return []
    buyers = (
        within(Order.objects.filter(contact__isnull=False, paid_on__lte=day), scope)
        .order_by()
        .values("contact_id")
        .annotate(
            days=Count("paid_on", distinct=True),
            net=Sum(F("amount_fen") - F("refunded_fen")),
            idle=DaysBetween(Value(day, output_field=DateField()), Max("paid_on")),
        )
        .annotate(
            r=score("idle", cuts.recency_days, best_is_low=True),
            f=score("days", cuts.frequency),
            m=score("net", cuts.monetary),
        )
    )
    counted = _counted(buyers)
    if not counted:
        return []
    best_first = range(SCORES, 0, -1)
    nobody = (0, 0, None, 0.0)
    return [Cell(r, f, *counted.get((r, f), nobody)) for r in best_first for f in best_first]


def _counted(buyers: object) -> dict[tuple[int, int], tuple[int, int, None, float]]:
    try:
        sql, parameters = buyers.query.sql_with_params()  # type: ignore[attr-defined]
    except EmptyResultSet:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_GRID.format(buyers=sql), parameters)
        return {
            (r, f): (how_many, int(net), None, float(money))
            for r, f, how_many, net, money in cursor.fetchall()
        }
