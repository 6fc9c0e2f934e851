"""The first figures: who there is, what they brought, what is expected of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.db.models import Count, F, Max, Q, Sum

from analytics.metrics.ratios import ratio
from analytics.models import ContactMetrics
from analytics.selectors.expressions import WholeSum
from analytics.selectors.people import people
from analytics.selectors.scope import Scope, within
from contacts.models import Order, Relation

_FRIEND = Q(contact__relation=Relation.FRIEND)
_SUMMED = ("orders", "revenue_fen", "refunded_fen", "net_fen")


@dataclass(frozen=True)
class Overview:
    """Sums over all customers in scope, money in fen; ratios are None without a denominator.

    `waiting_*` are orders whose buyer is not known yet; they belong to nobody's value, but with
    `net_fen` they add up to the whole ledger (None in a narrower scope).
    """

    customers: int
    friends: int
    effective: int
    buyers: int
    repeat_buyers: int
    orders: int
    revenue_fen: int
    refunded_fen: int
    net_fen: int
    friends_net_fen: int
    waiting_orders: int | None
    waiting_fen: int | None

    @property
    def ltv_fen(self) -> float | None:
        """Historic LTV (历史 LTV): net revenue per buyer so far."""
        return ratio(self.net_fen, self.buyers)

    @property
    def ltv_per_friend_fen(self) -> float | None:
        """Net revenue of today's friends per friend, those who never ordered included."""
        return ratio(self.friends_net_fen, self.friends)

    @property
    def orders_per_buyer(self) -> float | None:
        return ratio(self.orders, self.buyers)

    @property
    def order_value_fen(self) -> float | None:
        """Average order value (客单价), net of refunds."""
        return ratio(self.net_fen, self.orders)

    @property
    def effective_share(self) -> float | None:
        return ratio(self.effective, self.friends)

    @property
    def repeat_share(self) -> float | None:
        """Buyers with at least two purchase days, of all buyers ever."""
        return ratio(self.repeat_buyers, self.buyers)


def overview(scope: Scope) -> Overview:
    """Three queries, two in a narrower scope."""
    seen = people(scope)
    bought = within(ContactMetrics.objects.all(), scope).aggregate(
        buyers=Count("pk"),
        repeat_buyers=Count("pk", filter=Q(purchase_days__gt=1)),
        **{f"{name}_sum": WholeSum(name, default=0) for name in _SUMMED},
        friends_net_fen=WholeSum("net_fen", filter=_FRIEND, default=0),
    )
    sums = {name: bought.pop(f"{name}_sum") for name in _SUMMED}
    waiting: dict[str, Any] = {"waiting_orders": None, "waiting_fen": None}
    if scope is None:
        waiting = Order.objects.filter(contact=None).aggregate(
            waiting_orders=Count("pk"),
            waiting_fen=Sum(F("amount_fen") - F("refunded_fen"), default=0),
        )
    return Overview(
        customers=seen.customers,
        friends=seen.friends,
        effective=seen.effective,
        **_whole({**bought, **sums, **waiting}),
    )


def pareto_share(scope: Scope, seen: Overview, *, top: float = 0.2) -> float | None:
    """The share of net revenue that the best `top` of the buyers brought. One query."""
    rows = within(ContactMetrics.objects.all(), scope).order_by("-net_fen")
    best = rows.values("net_fen")[: ceil(top * seen.buyers)]
    return ratio(int(best.aggregate(total=Sum("net_fen", default=0))["total"]), seen.net_fen)


@dataclass(frozen=True)
class Expected:
    """Predicted net revenue of the next 365 days, in fen; None before the first forecast."""

    customers: int
    total_fen: int | None
    orders: float | None
    predicted_at: datetime | None

    @property
    def mean_fen(self) -> float | None:
        return None if self.total_fen is None else ratio(self.total_fen, self.customers)


def expected_value(scope: Scope) -> Expected:
    """Sum and mean of the forecasts. One query."""
    found = within(ContactMetrics.objects.filter(predicted_at__isnull=False), scope).aggregate(
        customers=Count("pk"),
        total_fen=WholeSum("predicted_fen"),
        orders=Sum("expected_orders"),
        newest=Max("predicted_at"),
    )
    return Expected(
        customers=found["customers"],
        total_fen=None if found["total_fen"] is None else int(found["total_fen"]),
        orders=found["orders"],
        predicted_at=found["newest"],
    )


def _whole(sums: dict[str, Any]) -> dict[str, Any]:
    """Postgres sums bigints as numeric, which arrives as Decimal."""
    return {name: None if value is None else int(value) for name, value in sums.items()}
