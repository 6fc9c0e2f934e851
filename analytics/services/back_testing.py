"""Hide the last quarter, fit to the rest, and see how well the quarter was foretold (回测)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import numpy as np

from analytics.metrics import gamma_gamma, mbgnbd
from analytics.metrics.arrays import Days, Floats
from analytics.metrics.back_test import BackTest, Seen, back_test
from analytics.metrics.drop_out import Parameters
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.ltv import enough_to_forecast
from analytics.metrics.tracking import cumulative_expected
from analytics.selectors import histories
from analytics.selectors.histories import Histories

BACKTEST_DAYS = 90
# The chance that an interval promises.
CHANCE = 0.8
# As many points as a curve needs.
_MOST_POINTS = 60


@dataclass(frozen=True)
class Tested:
    """One back-test; `detail` is kept as JSON:

    customers, periods (days), chance, covered; same_rate and cohort_mean {expected, mae};
    groups [[customers, expected, actual, covered], …] with means per customer;
    tracking [[day, expected, actual], …], cumulative repeat purchases;
    money {expected, actual} in fen, null where order values have no model.
    """

    since: date
    found: BackTest
    detail: dict[str, Any]


def tested_on_last_quarter(today: date) -> Tested | None:
    """None when what was known a quarter ago is too little to forecast from."""
    cutoff = today - timedelta(days=BACKTEST_DAYS)
    known, later = histories.held_back(cutoff, today)
    if not len(known) or not enough_to_forecast(known.history, unit="day"):
        return None
    buying = mbgnbd.fit(known.history).parameters
    span = float(BACKTEST_DAYS)
    expected = mbgnbd.conditional_orders(buying, known.history, t=span)
    tail = (1 - CHANCE) / 2
    low, high = (
        mbgnbd.MODEL.orders_quantile(buying, known.history, t=span, chance=chance)
        for chance in (tail, 1 - tail)
    )
    began = _first_days(known, cutoff)
    months = began.astype("datetime64[M]").astype(np.int64)
    seen = Seen(
        actual=later.orders, expected=expected, low=low, high=high, cohort=months - months.min()
    )
    found = back_test(seen, history=known.history, periods=span)
    return Tested(
        since=cutoff,
        found=found,
        detail={
            **_in_words(found, len(known)),
            "tracking": _tracking(buying, began, cutoff, today),
            "money": _money(known, expected, later.net),
        },
    )


def _first_days(known: Histories, cutoff: date) -> Days:
    age = known.history.arrays()[2].astype(np.int64)
    return np.asarray(np.datetime64(cutoff, "D") - age.astype("timedelta64[D]"))


def _in_words(found: BackTest, customers: int) -> dict[str, Any]:
    return {
        "customers": customers,
        "periods": BACKTEST_DAYS,
        "chance": CHANCE,
        "covered": found.covered,
        "same_rate": vars(found.same_rate),
        "cohort_mean": vars(found.cohort_mean),
        "groups": [
            [group.customers, group.expected, group.actual, group.covered] for group in found.groups
        ],
    }


def _tracking(buying: Parameters, began: Days, cutoff: date, today: date) -> list[list[Any]]:
    """Cumulative repeat purchases at even steps from the first order to today."""
    origin: date = began.min().item()
    span = (today - origin).days
    step = max(7, -(-span // _MOST_POINTS))
    ends = [*range(step, span, step), span]
    expected = cumulative_expected(
        mbgnbd.MODEL,
        buying,
        began,
        origin=origin,
        times=np.array(ends, dtype=np.float64),
        unit="day",
    )
    actual = _added_up(histories.repeats_by_day(cutoff, today), origin, ends)
    return [
        [f"{origin + timedelta(days=end)}", float(value), count]
        for end, value, count in zip(ends, expected, actual, strict=True)
    ]


def _added_up(by_day: Mapping[date, int], origin: date, ends: list[int]) -> list[int]:
    daily = [by_day.get(origin + timedelta(days=number), 0) for number in range(ends[-1] + 1)]
    total = list(accumulate(daily))
    return [total[end] for end in ends]


def _money(known: Histories, orders: Floats, net: Floats) -> dict[str, float] | None:
    """Expected against actual net revenue of the quarter."""
    x = known.history.arrays()[0]
    try:
        spending = gamma_gamma.fit(x, known.repeat_mean).parameters
    except NotEnoughData:
        return None
    expected = float(np.sum(orders * gamma_gamma.expected_value(spending, x, known.repeat_mean)))
    return {"expected": expected, "actual": float(net.sum())} if np.isfinite(expected) else None
