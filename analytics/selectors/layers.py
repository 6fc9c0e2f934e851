"""Buyers in layers (分层): by what they brought, how often they bought, how long ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, DateField, F, IntegerField, Q, QuerySet, Value, When

from analytics.models import ContactMetrics
from analytics.selectors.expressions import DaysBetween, WholeSum
from analytics.selectors.scope import Scope, within

# Lower edges of the layers of net revenue, in fen; the last is open.
VALUE_EDGES = (0, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
MOST_PURCHASES = 6
IDLE_EDGES = (0, 31, 61, 91, 121, 181, 271, 366)


@dataclass(frozen=True)
class Layer:
    """Buyers whose value lies in `low` … `high`, both inclusive (None is open), and what they
    brought.
    """

    low: int
    high: int | None
    buyers: int
    net_fen: int


def by_value(scope: Scope) -> list[Layer]:
    """By net revenue so far, in fen. One query."""
    return _layers(scope, F("net_fen"), VALUE_EDGES)


def by_purchases(scope: Scope) -> list[Layer]:
    """By purchase days, the last layer open. One query."""
    return _layers(scope, F("purchase_days"), range(1, MOST_PURCHASES + 1))


def by_idle_days(scope: Scope, *, today: date) -> list[Layer]:
    """By days since the last order. One query."""
    idle = DaysBetween(Value(today, output_field=DateField()), F("last_on"))
    return _layers(scope, idle, IDLE_EDGES)


def _layers(scope: Scope, source: Any, edges: Sequence[int]) -> list[Layer]:
    """What lies below the first edge counts in the first layer."""
    rows: QuerySet[Any] = within(ContactMetrics.objects.alias(source=source), scope)
    number = Case(
        *(
            When(Q(source__gte=edge), then=Value(place))
            for place, edge in reversed(list(enumerate(edges)))
        ),
        default=Value(0),
        output_field=IntegerField(),
    )
    counted = {
        place: (buyers, int(net))
        for place, buyers, net in rows.annotate(place=number)
        .values_list("place")
        .annotate(Count("pk"), WholeSum("net_fen"))
        .order_by()
    }
    if not counted:
        return []
    highs: list[int | None] = [edge - 1 for edge in edges[1:]]
    return [
        Layer(low, high, *counted.get(place, (0, 0)))
        for place, (low, high) in enumerate(zip(edges, [*highs, None], strict=True))
    ]
