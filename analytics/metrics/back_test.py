"""Back-test in full (回测): total, error against two naive forecasts, calibration, coverage.

Customers known at the end of calibration, what was expected of each in the hold-out, and what each
did. Next to the model stand two forecasts anybody could make:

- *same rate*: each goes on at her own rate, x/T · t;
- *cohort mean*: each orders as often as the mean of those who began in her month, (Σx/ΣT) · t.

Calibration groups customers by what was expected of them (tenths, equal expectations together) and
sets mean expected beside mean actual orders: a good forecast lies on the diagonal. Coverage is the
share of customers whose number of orders fell inside their own interval; numbers of orders are
whole, so intervals cover rather more than promised, and less means that they are too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Flags, Floats, Whole
from analytics.metrics.history import History
from analytics.metrics.holdout import HoldOut, compare

GROUPS = 10


@dataclass(frozen=True)
class Naive:
    """A forecast to beat: its total and its mean absolute error per customer."""

    expected_repeat: float
    mae: float


@dataclass(frozen=True)
class Group:
    """Customers of whom about as much was expected; means per customer, `covered` a share."""

    customers: int
    expected: float
    actual: float
    covered: float


@dataclass(frozen=True)
class BackTest:
    """`holdout` compares the totals; `groups` run from the least expected to the most."""

    holdout: HoldOut
    same_rate: Naive
    cohort_mean: Naive
    groups: tuple[Group, ...]
    covered: float


@dataclass(frozen=True)
class Seen:
    """One entry a customer known at the end of calibration: her orders in the hold-out, how many
    were expected and between which bounds, and the number of her cohort (any integer ≥ 0)."""

    actual: Floats
    expected: Floats
    low: Floats
    high: Floats
    cohort: Whole


def back_test(seen: Seen, *, history: History, periods: float) -> BackTest:
    """`periods` is the length of the hold-out in the unit of `history`; needs a customer."""
    x, _, watched = history.arrays()
    rate = np.divide(x, watched, out=np.zeros_like(x), where=watched > 0)
    inside: Flags = (seen.actual >= seen.low) & (seen.actual <= seen.high)
    return BackTest(
        holdout=compare(
            actual=seen.actual, expected=seen.expected, history=history, periods=periods
        ),
        same_rate=_naive(seen.actual, rate * periods),
        cohort_mean=_naive(seen.actual, _cohort_rate(x, watched, seen.cohort) * periods),
        groups=_groups(seen, inside),
        covered=float(inside.mean()),
    )


def _naive(actual: Floats, expected: Floats) -> Naive:
    return Naive(float(expected.sum()), float(np.mean(np.abs(actual - expected))))


def _cohort_rate(x: Floats, watched: Floats, cohort: Whole) -> Floats:
    orders, time = np.bincount(cohort, weights=x), np.bincount(cohort, weights=watched)
    rate = np.divide(orders, time, out=np.zeros_like(orders), where=time > 0)
    return np.asarray(rate[cohort], dtype=np.float64)


def _groups(seen: Seen, inside: Flags) -> tuple[Group, ...]:
    shares = np.arange(1, GROUPS) / GROUPS
    cuts = np.unique(np.quantile(seen.expected, shares, method="inverted_cdf"))
    group = np.searchsorted(cuts, seen.expected, side="left")
    customers = np.bincount(group)
    sums = [np.bincount(group, weights=w) for w in (seen.expected, seen.actual, inside)]
    return tuple(
        Group(int(n), *(float(total[number] / n) for total in sums))
        for number, n in enumerate(customers)
        if n
    )
