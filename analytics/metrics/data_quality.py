"""Signs that the order ledger is not whole or not right (数据质量).

A forecast is only as good as its orders. Each rule below says when a figure is so far from what
chance makes of it that somebody should look; none of them changes a figure.

- *Days without orders*: a run of days is a gap when the shop's own pace (mean orders of each
  weekday over the days with orders) makes an empty run less likely than one in a million.
- *Unusual amounts*: beyond Tukey's outer fence on the scale of logarithms, q3 · (q3/q1)³; an order
  so far out is one in 400,000 where amounts are log-normal. With q1 = q3, ten times q3.
- *Refunds*: the share of refunded orders of the last 30 days is above the year before by half, and
  by more than chance (two-proportion z-test, p < .001).
- *Unmatched*: orders whose buyer is no known customer belong to nobody's value; a tenth is worth a
  look, a third makes every figure a customer doubtful.

Source: J. W. Tukey, Exploratory Data Analysis, 1977. Cannot say which of two records is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from math import inf, sqrt

import numpy as np
from scipy.special import ndtr

GAP_CHANCE = 1e-6
REFUND_CHANCE, REFUND_FACTOR = 1e-3, 1.5
UNMATCHED_MIND, UNMATCHED_BAD = 0.1, 1 / 3


class Level(Enum):
    """How much a sign matters."""

    GOOD = "good"
    MIND = "mind"
    BAD = "bad"


@dataclass(frozen=True)
class Gap:
    """Days without any order, both in it; `missing` is about how many orders the pace promises."""

    first: date
    last: date
    missing: float

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def gaps(orders: Mapping[date, int], *, first: date, last: date) -> list[Gap]:
    """The runs of days from `first` to `last` that should have had orders, the newest first.

    `orders` gives the number of orders of each day that has some.
    """
    pace = _pace(orders)
    found: list[Gap] = []
    day = first
    while day <= last:
        end = day
        missing = 0.0
        while end <= last and not orders.get(end):
            missing += pace[end.weekday()]
            end += timedelta(days=1)
        if missing > -np.log(GAP_CHANCE):
            found.append(Gap(day, end - timedelta(days=1), missing))
        day = end + timedelta(days=1)
    return found[::-1]


def _pace(orders: Mapping[date, int]) -> list[float]:
    by_weekday: list[list[int]] = [[] for _ in range(7)]
    for day, count in orders.items():
        if count:
            by_weekday[day.weekday()].append(count)
    return [float(np.mean(counts)) if counts else 0.0 for counts in by_weekday]


def amount_limit(lower_quartile: float, upper_quartile: float) -> float:
    """Amounts above it are unusual; infinite where the quartiles say nothing (all amounts 0)."""
    if upper_quartile <= 0:
        return inf
    if lower_quartile <= 0 or lower_quartile == upper_quartile:
        return 10 * upper_quartile
    return float(upper_quartile * (upper_quartile / lower_quartile) ** 3)


@dataclass(frozen=True)
class Refunds:
    """Orders and refunded ones of the last days and of a longer time before them."""

    orders: int
    refunded: int
    orders_before: int
    refunded_before: int

    @property
    def share(self) -> float | None:
        return self.refunded / self.orders if self.orders else None

    @property
    def usual(self) -> float | None:
        return self.refunded_before / self.orders_before if self.orders_before else None

    @property
    def is_high(self) -> bool:
        """Above what was usual by half, and by more than chance."""
        if not self.share or self.usual is None or self.share < REFUND_FACTOR * self.usual:
            return False
        pooled = (self.refunded + self.refunded_before) / (self.orders + self.orders_before)
        error = sqrt(pooled * (1 - pooled) * (1 / self.orders + 1 / self.orders_before))
        return error > 0 and float(ndtr(-(self.share - self.usual) / error)) < REFUND_CHANCE


def level_of_unmatched(share: float | None) -> Level:
    """`share` of the orders without a known customer; None without orders."""
    if share is None or share < UNMATCHED_MIND:
        return Level.GOOD
    return Level.BAD if share >= UNMATCHED_BAD else Level.MIND
