"""Which version of a message did better, though one looks before the end (A/B 对比).

Looking ten times at 95 % each finds a difference that is not there in one of five tests. So the
decision is taken at LOOKS planned looks, evenly over the window in which orders count, each with a
higher bound than 1.96, and together they err with α: Lan and DeMets' spending of the kind of
O'Brien and Fleming, α(t) = 4 − 4Φ(z₁₋α/₄ / t^½) for both sides, strict early and nearly 1.96 at
the end. The bounds come from recursive numerical integration. Time stands for information: orders come early in the window
rather than late, the looks then resemble each other more, and the test errs less than α.

Several versions make several pairs, and several outcomes make more; α is shared among all of them
alike (Bonferroni), which holds whatever their dependence.

Sources:
K. K. G. Lan, D. L. DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70, 1983.
P. C. O'Brien, T. R. Fleming, A multiple testing procedure for clinical trials, Biometrics 35, 1979.
P. Armitage, C. K. McPherson, B. C. Rowe, Repeated significance tests on accumulating data, Journal
of the Royal Statistical Society A 132, 1969 (the integration).
C. Jennison, B. W. Turnbull, Group Sequential Methods with Applications to Clinical Trials, 2000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import floor, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from analytics.metrics.arrays import Floats, floats
from analytics.metrics.moments import Moments
from analytics.metrics.uplift import ALPHA, LEAST_EVENTS

LOOKS = 5
_STEP = 0.05
# Beyond it the normal density is nothing in double precision, and a bound needs no integration.
_FAR = 8.0


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


@lru_cache(maxsize=64)
def bounds(looks: int = LOOKS, alpha: float = ALPHA) -> tuple[float, ...]:
    """The two-sided bound of |Z| at each of `looks` even looks."""
    spent = [_spent(look / looks, alpha) for look in range(looks + 1)]
    found = [float(ndtri(1 - spent[1] / 2))]
    edge = min(found[0], _FAR)
    grid = _grid(edge)
    density: Floats = _normal(grid)
    for look in range(2, looks + 1):
        share = spent[look] - spent[look - 1]
        bound = _bound(grid, density, look, share)
        found.append(bound)
        following = _grid(min(bound, _FAR) * sqrt(look))
        density = floats(np.trapezoid(_normal(following[:, None] - grid) * density, grid, axis=1))
        grid = following
    return tuple(found)


def _spent(share: float, alpha: float) -> float:
    """α that may be used up when this share of the window is over."""
    return 0.0 if share <= 0 else float(4 * ndtr(-ndtri(1 - alpha / 4) / sqrt(share)))


def _bound(grid: Floats, density: Floats, look: int, share: float) -> float:
    """The bound that is first passed at this look with chance `share`; sums of unit steps."""

    def excess(bound: float) -> float:
        limit = bound * sqrt(look)
        beyond = ndtr(grid - limit) + ndtr(-limit - grid)
        return float(np.trapezoid(beyond * density, grid)) - share

    return float(brentq(excess, 0.5, _FAR, xtol=1e-9)) if excess(_FAR) < 0 else _FAR


def _grid(edge: float) -> Floats:
    return np.linspace(-edge, edge, 2 * int(edge / _STEP) + 3)


def _normal(values: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * values**2) / sqrt(2 * np.pi)
    return density


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
