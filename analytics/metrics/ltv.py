"""Lifetime value: what a customer has brought, and what the next horizon should bring.

    LTV(H) = m · E[M] · Σ_k (E[Y(kδ)] − E[Y((k−1)δ)]) / (1+d)^k,   k = 1 … H/δ

with margin m, expected value of an order E[M] (Gamma-Gamma), expected orders E[Y] (BG or MBG/NBD)
and discount d per period δ. Historic and expected value are never added silently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics import gamma_gamma
from analytics.metrics.arrays import Floats
from analytics.metrics.drop_out import DropOutModel
from analytics.metrics.drop_out import Parameters as Buying
from analytics.metrics.gamma_gamma import Parameters as Spending
from analytics.metrics.history import History
from analytics.metrics.purchases import DAYS_PER_UNIT, Unit

# Below this a shop's own forecast says more about chance than about its customers.
ENOUGH_BUYERS, ENOUGH_REPEATERS, ENOUGH_DAYS = 500, 100, 180


@dataclass(frozen=True)
class Terms:
    """Horizon H and period δ in the unit of the history, discount d per period, margin m."""

    horizon: float
    period: float = 1.0
    discount: float = 0.0
    margin: float = 1.0
    chance: float = 0.8

    @classmethod
    def yearly(
        cls, *, horizon: float, discount_per_year: float, unit: Unit, margin: float = 1.0
    ) -> Terms:
        """Discounted every unit at the rate that gives `discount_per_year` over 365 days."""
        per_unit = (1 + discount_per_year) ** (DAYS_PER_UNIT[unit] / 365) - 1
        return cls(horizon=horizon, discount=per_unit, margin=margin)


@dataclass(frozen=True)
class Forecast:
    """One entry per customer, for the horizon of the terms.

    `orders_low` and `orders_high` bound the number of orders with the chance of the terms,
    `ltv_low` and `ltv_high` are the value at those numbers of orders. `expected_value` and the
    three values are NaN where no mean order value exists.
    """

    p_alive: Floats
    expected_orders: Floats
    orders_low: Floats
    orders_high: Floats
    expected_value: Floats
    ltv: Floats
    ltv_low: Floats
    ltv_high: Floats


def historic(total: Floats, *, margin: float = 1.0) -> Floats:
    """Historic LTV: what has been paid so far, net of refunds, times the margin."""
    return margin * total


def enough_to_forecast(history: History, *, unit: Unit) -> bool:
    """Whether a shop has ≥ 500 buyers, ≥ 100 repeaters and ≥ 180 days of orders."""
    x, _, watched = history.arrays()
    return (
        len(x) >= ENOUGH_BUYERS
        and int(np.count_nonzero(x)) >= ENOUGH_REPEATERS
        and float(watched.max()) * DAYS_PER_UNIT[unit] >= ENOUGH_DAYS
    )


def forecast(
    model: DropOutModel,
    buying: Buying,
    spending: Spending | None,
    history: History,
    repeat_value: Floats,
    terms: Terms,
    flat_value: float = float("nan"),
) -> Forecast:
    """Expected orders and value of every customer; `repeat_value` is the mean of x repeat orders.

    Without `spending` every order is worth `flat_value`, and the values are NaN without it.
    """
    orders = model.conditional_orders(buying, history, t=terms.horizon)
    discounted = model.discounted_orders(
        buying, history, horizon=terms.horizon, period=terms.period, discount=terms.discount
    )
    tail = (1 - terms.chance) / 2
    low = model.orders_quantile(buying, history, t=terms.horizon, chance=tail)
    high = model.orders_quantile(buying, history, t=terms.horizon, chance=1 - tail)
    value = np.full_like(orders, flat_value)
    if spending is not None:
        value = gamma_gamma.expected_value(spending, history.x, repeat_value)
    # What an order in this horizon is worth today, on average over when it comes.
    late = np.divide(discounted, orders, out=np.ones_like(orders), where=orders > 0)
    worth = terms.margin * value * late
    return Forecast(
        p_alive=model.p_alive(buying, history),
        expected_orders=orders,
        orders_low=low,
        orders_high=high,
        expected_value=value,
        ltv=worth * orders,
        ltv_low=worth * low,
        ltv_high=worth * high,
    )
