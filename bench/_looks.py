"""Planned looks, the usual alternative to looking always: bounds of group-sequential tests.

By recursive numerical integration (Armitage, McPherson, Rowe 1969; Jennison and Turnbull, Group
Sequential Methods with Applications to Clinical Trials, 2000, chapter 19).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

_STEP = 0.04


def constant(looks: int, kind: str, *, alpha: float) -> float:
    """The constant of `kind` (pocock, obrien_fleming): the two-sided bound of the last look.

    A look k of n goes over when |Z| ≥ constant · (n / k)^½ (O'Brien and Fleming) or ≥ constant.
    """

    def excess(size: float) -> float:
        return _crossing(bounds(looks, kind, size)) - alpha

    return float(brentq(excess, 1.0, 5.0, xtol=1e-5))


def bounds(looks: int, kind: str, size: float) -> NDArray[np.float64]:
    """The bound of |Z| at each look."""
    shares = np.arange(1, looks + 1) / looks
    return size * (shares**-0.5 if kind == "obrien_fleming" else np.ones(looks))


def _crossing(limits: NDArray[np.float64]) -> float:
    """The chance of ever reaching the limits without an effect, equal steps of information."""
    edge = limits[0]
    grid = _grid(edge)
    density = norm.pdf(grid)
    for look, limit in enumerate(limits[1:], start=2):
        # Sums of look - 1 steps to sums of look steps.
        following = _grid(limit * look**0.5)
        steps = norm.pdf(following[:, None] - grid[None, :])
        density = np.asarray(np.trapezoid(steps * density, grid, axis=1))
        grid = following
    return float(1 - np.trapezoid(density, grid))


def _grid(edge: float) -> NDArray[np.float64]:
    return np.linspace(-edge, edge, 2 * int(edge / _STEP) + 3)
