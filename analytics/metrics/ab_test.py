"""Which version of a message did better, though one looks before the end (A/B 对比).

Looking ten times at 95 % each finds a difference that is not there in one of five tests. So the
decision is taken at LOOKS planned looks, evenly over the window in which orders count, each with a
higher bound than 1.96, and together they err with α: Lan and DeMets' spending of the kind of
O'Brien and Fleming (`group_sequential`), strict early and nearly 1.96 at the end. Time stands for
information: orders come early in the window rather than late, the looks then resemble each other
more, and the test errs less than α.

Several versions make several pairs, and several outcomes make more; α is shared among all of them
alike (Bonferroni), which holds whatever their dependence.

Source: C. Jennison, B. W. Turnbull, Group Sequential Methods with Applications to Clinical Trials,
2000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import floor, sqrt

from analytics.metrics.group_sequential import spending_bounds
from analytics.metrics.moments import Moments
from analytics.metrics.uplift import ALPHA, LEAST_EVENTS

LOOKS = 5


@dataclass(frozen=True)
class Pair:
    """Two versions compared at a look: `effect` is the mean of `first` less that of `second`.

    `low` and `high` are the interval that may be looked at at every planned look. `better` is the
    letter of the better one, empty while that is not decided.
    """

    first: str
    second: str
    effect: float
    low: float
    high: float
    bound: float
    better: str = ""


def looks_passed(elapsed: float, looks: int = LOOKS) -> int:
    """How many of the planned looks lie behind when this share of the window is over (0–1)."""
    return max(0, min(looks, floor(elapsed * looks + 1e-9)))


def bounds(looks: int = LOOKS, alpha: float = ALPHA) -> tuple[float, ...]:
    """The two-sided bound of |Z| at each of `looks` even looks."""
    return spending_bounds(looks, alpha)


def compare(
    arms: Mapping[str, Moments], *, look: int, outcomes: int = 1, looks: int = LOOKS
) -> list[Pair]:
    """Every pair of versions at look `look` (1 … looks); empty before the first look.

    `outcomes` is how many outcomes share α. A pair with too few events is never decided.
    """
    if look < 1:
        return []
    pairs = list(combinations(sorted(arms), 2))
    limits = bounds(looks, ALPHA / max(1, len(pairs) * outcomes))
    return [_pair(one, two, arms[one], arms[two], limits[look - 1]) for one, two in pairs]


def _pair(first: str, second: str, one: Moments, two: Moments, bound: float) -> Pair:
    effect = one.mean - two.mean
    error = sqrt(sum(arm.variance / arm.n for arm in (one, two) if arm.n))
    low, high = effect - bound * error, effect + bound * error
    is_thin = min(one.events, two.events) < LEAST_EVENTS
    better = "" if is_thin else first if low > 0 else second if high < 0 else ""
    return Pair(first, second, effect, low, high, bound, better)
