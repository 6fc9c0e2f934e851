"""Bounds for looking several times at a test statistic without erring more often (分阶段检验).

|Z| is compared at K even looks with a bound each; together they err with α. Two ways to share α:

- by *spending*, as much as a function of the time passed allows (Lan, DeMets): of the kind of
  O'Brien and Fleming, α(t) = 4 − 4Φ(z₁₋α/₄ / t^½), strict early and nearly 1.96 at the end; of the
  kind of Pocock, α(t) = α ln(1 + (e − 1) t), nearly even;
- by one *constant* C and a shape Δ, bound_k = C (k/K)^(Δ − ½): Pocock Δ = ½, O'Brien and Fleming
  Δ = 0 (Wang, Tsiatis).

The chance of crossing is found by recursive numerical integration over sums of unit normal steps.

Sources:
K. K. G. Lan, D. L. DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70, 1983.
S. J. Pocock, Group sequential methods in the design and analysis of clinical trials, Biometrika 64,
1977. P. C. O'Brien, T. R. Fleming, A multiple testing procedure for clinical trials, Biometrics 35,
1979. S. K. Wang, A. A. Tsiatis, Approximately optimal one-parameter boundaries for group sequential
trials, Biometrics 43, 1987.
P. Armitage, C. K. McPherson, B. C. Rowe, Repeated significance tests on accumulating data, Journal
of the Royal Statistical Society A 132, 1969 (the integration).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import e, log1p, sqrt
from typing import TypeAlias

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from analytics.metrics.arrays import Floats, floats

# α that may be used up when a share of the time is over.
Spending: TypeAlias = Callable[[float, float], float]

POCOCK, OBRIEN_FLEMING = 0.5, 0.0
_STEP = 0.05
# Beyond it the normal density is nothing in double precision, and a bound needs no integration.
_FAR = 8.0


def spends_late(share: float, alpha: float) -> float:
    """Of the kind of O'Brien and Fleming."""
    return 0.0 if share <= 0 else float(4 * ndtr(-ndtri(1 - alpha / 4) / sqrt(share)))


def spends_evenly(share: float, alpha: float) -> float:
    """Of the kind of Pocock."""
    return alpha * log1p((e - 1) * share)


@lru_cache(maxsize=64)
def spending_bounds(
    looks: int, alpha: float, spending: Spending = spends_late
) -> tuple[float, ...]:
    """The two-sided bound of |Z| at each of `looks` even looks."""
    spent = [spending(look / looks, alpha) for look in range(looks + 1)]
    found: list[float] = []
    sums = _Sums()
    for look in range(1, looks + 1):
        found.append(sums.bound_for(spent[look] - spent[look - 1]))
        sums.look(found[-1])
    return tuple(found)


@lru_cache(maxsize=64)
def constant(looks: int, alpha: float, shape: float = POCOCK) -> float:
    """C of the bounds C (k/K)^(shape − ½), by which `looks` even looks err with `alpha`."""

    def excess(candidate: float) -> float:
        return chance_of_crossing(_shaped(candidate, looks, shape)) - alpha

    return float(brentq(excess, 0.5, _FAR, xtol=1e-6))


def chance_of_crossing(bounds: Sequence[float]) -> float:
    """The chance that |Z| passes any of these bounds at even looks while there is no effect."""
    sums, chance = _Sums(), 0.0
    for bound in bounds:
        chance += sums.beyond(bound)
        sums.look(bound)
    return chance


def _shaped(candidate: float, looks: int, shape: float) -> list[float]:
    return [candidate * (look / looks) ** (shape - 0.5) for look in range(1, looks + 1)]


class _Sums:
    """Sums of unit normal steps that have stayed inside all bounds so far, on a grid."""

    def __init__(self) -> None:
        self._looks = 0
        self._grid = np.zeros(1)
        self._density = np.ones(1)

    def beyond(self, bound: float) -> float:
        """The chance to be inside until now and outside `bound` at the next look."""
        limit = bound * sqrt(self._looks + 1)
        if not self._looks:
            return float(2 * ndtr(-limit))
        outside = ndtr(self._grid - limit) + ndtr(-limit - self._grid)
        return float(np.trapezoid(outside * self._density, self._grid))

    def bound_for(self, share: float) -> float:
        """The bound first passed at the next look with chance `share`."""

        def excess(bound: float) -> float:
            return self.beyond(bound) - share

        if not self._looks:
            return float(-ndtri(share / 2))
        return float(brentq(excess, 0.5, _FAR, xtol=1e-9)) if excess(_FAR) < 0 else _FAR

    def look(self, bound: float) -> None:
        """Take the next look with this bound; who is outside is out."""
        following = _grid(min(bound, _FAR) * sqrt(self._looks + 1))
        if not self._looks:
            self._density = _normal(following)
        else:
            steps = _normal(following[:, None] - self._grid) * self._density
            self._density = floats(np.trapezoid(steps, self._grid, axis=1))
        self._grid, self._looks = following, self._looks + 1


def _grid(edge: float) -> Floats:
    return np.linspace(-edge, edge, 2 * int(edge / _STEP) + 3)


def _normal(values: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * values**2) / sqrt(2 * np.pi)
    return density
