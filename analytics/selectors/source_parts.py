"""What each source brought among the customers of a segment (渠道 × 人群).

The same sums as the tables of channels, of fewer people: made by the SQL that fills those tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from analytics.metrics.proportions import Share, share_of
from analytics.metrics.ratios import ratio
from analytics.periods import Period
from analytics.selectors import source_sql as sql
from analytics.selectors.parts import Part
from analytics.selectors.sources import whom_of


@dataclass(frozen=True)
class SourceSums:
    """Customers whom one source won in the period, with what they brought since, in fen.

    `ripe_new` were won long enough ago and had not ordered before; `bought_30` of them ordered
    within 30 days. `predicted_fen` is None where no forecast speaks of anybody.
    """

    won: int
    bought: int
    orders: int
    net_fen: int
    predicted_fen: int | None
    ripe_new: int
    bought_30: int

    @property
    def ltv_fen(self) -> float | None:
        return ratio(self.net_fen, self.won)

    @property
    def first_order(self) -> Share:
        return share_of(self.bought_30, self.ripe_new)


# (channel state, add way), one of them empty.
ByKey = dict[tuple[str, int], SourceSums]

_SUMS = """
SELECT state, add_way, sum(won)::int, sum(bought)::int, sum(orders)::int, sum(net_fen)::bigint,
    sum(predicted_fen)::bigint,
    coalesce(sum(won - known) FILTER (WHERE day < %(ripe)s), 0)::int,
    coalesce(sum(bought_30) FILTER (WHERE day < %(ripe)s), 0)::int
FROM {days} days
WHERE day BETWEEN %(first)s AND %(last)s AND won > 0
GROUP BY 1, 2
"""
# Nobody's relations are asked for here, only people.
_NO_RELATIONS = """(SELECT '' AS state, 0 AS add_way, now() AS added_at, 0::bigint AS contact_id,
    0::bigint AS staff_id WHERE false)"""


def source_sums(part: Part, period: Period, *, today: date) -> ByKey:
    """By source, of the customers of a part: for everybody from the table, else worked out now."""
    among = whom_of(part)
    days = "analytics_sourceday"
    if not among.is_everybody:
        won = "added_on BETWEEN %(first)s AND %(last)s"
        people = sql.those(sql.PEOPLE, [won, *among.conditions])
        days = f"({sql.source_days(people, _NO_RELATIONS)})"
    bindings: dict[str, Any] = {
        "first": period.first_on,
        "last": period.last_on,
        "ripe": today - timedelta(days=sql.FIRST_ORDER_DAYS),
        **among.bindings,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(days=days), bindings)
        return {(state, way): SourceSums(*sums) for state, way, *sums in cursor.fetchall()}
