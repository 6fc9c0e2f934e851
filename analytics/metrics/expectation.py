"""Expected future orders of a customer who is still alive, for the geometric drop-out models.

While alive, orders come as a gamma-Poisson mixture with shape s and, in `ratio` τ = t/(α+T)
of the past, N(t) ~ NB(s, z = τ/(1+τ)). After each order the customer leaves with probability
p ~ Beta(a, b), so order j+1 happens when N > j and j drop-outs did not:

    E[Y(t) | alive] = Σ_{j≥0} P(N > j) · (b)_j / (a+b)_j
                    = (a+b−1)/(a−1) · [1 − (1−z)^s · ₂F₁(s, b; a+b−1; z)]

The sum is always well behaved, the closed form is quick. The closed form is 0/0 at a = 1 and at
a + b = 1, where the expectation itself is smooth in a, so there it is interpolated across.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammaln, hyp2f1

from analytics.metrics.arrays import Flags, Floats

# Around a singularity: closer than _NEAR we interpolate from a ± h, a ± 2h, a ± 3h.
_NEAR = 0.01
_STEP = 0.02
_SIX_POINTS = ((1, 15 / 20), (2, -6 / 20), (3, 1 / 20))
# More terms than this are not worth waiting for; the caller sees NaN.
_MOST_TERMS = 4_000_000


def orders_if_alive(shape: Floats, a: float, b: Floats, ratio: Floats) -> Floats:
    """E[Y(t) | alive] for arrays of one length: shape s = r + x, b after x orders, ratio t/(α+T).

    NaN where no method gives a finite answer (horizons of more than a million expected orders).
    """
    expected = _closed_form(shape, np.full_like(shape, a), b, ratio)
    touchy: Flags = (np.abs(a - 1) < _NEAR) | (np.abs(a + b - 1) < _NEAR)
    if touchy.any():
        expected[touchy] = _interpolated(shape[touchy], a, b[touchy], ratio[touchy])
    for i in np.flatnonzero(~_plausible(expected, shape * ratio)):
        expected[i] = _summed(shape[i], a, b[i], ratio[i])
    return expected


def at_least_if_alive(n: int, shape: Floats, a: float, b: Floats, ratio: Floats) -> Floats:
    """P(Y(t) ≥ n | alive): n orders would come, and n − 1 drop-outs did not. `n` ≥ 1."""
    kept = gammaln(b + n - 1) - gammaln(b) + gammaln(a + b) - gammaln(a + b + n - 1)
    return np.asarray(np.exp(kept) * betainc(n, shape, ratio / (1 + ratio)), dtype=np.float64)


def _closed_form(shape: Floats, a: Floats, b: Floats, ratio: Floats) -> Floats:
    c = a + b - 1
    z = ratio / (1 + ratio)
    with np.errstate(all="ignore"):
        rest = np.exp(-shape * np.log1p(ratio)) * hyp2f1(shape, b, c, z)
        lost = ~np.isfinite(rest)
        if lost.any():
            # Euler's transformation stays in range where a long history overflows the first.
            rest[lost] = (1 - z[lost]) ** (a[lost] - 1) * hyp2f1(
                (c - shape)[lost], (a - 1)[lost], c[lost], z[lost]
            )
        return np.asarray(c / (a - 1) * (1 - rest), dtype=np.float64)


def _interpolated(shape: Floats, a: float, b: Floats, ratio: Floats) -> Floats:
    total = np.zeros_like(shape)
    for steps, weight in _SIX_POINTS:
        for side in (-steps, steps):
            shifted = np.full_like(shape, a + side * _STEP)
            total += weight * _closed_form(shape, shifted, b, ratio)
    return total


def _plausible(expected: Floats, would_come: Floats) -> Flags:
    """Finite, not negative, and not more orders than somebody who never leaves would place."""
    slack = 1e-9 * would_come
    with np.errstate(invalid="ignore"):
        return np.asarray((expected >= -slack) & (expected <= would_come + slack), dtype=np.bool_)


def _summed(shape: float, a: float, b: float, ratio: float) -> float:
    mean = shape * ratio
    terms = mean + 12 * np.sqrt(mean * (1 + ratio)) + 40 * (1 + ratio)
    if not terms < _MOST_TERMS:
        return float("nan")
    j = np.arange(int(terms) + 1, dtype=np.float64)
    kept = gammaln(b + j) - gammaln(b) + gammaln(a + b) - gammaln(a + b + j)
    return float(np.sum(np.exp(kept) * betainc(j + 1, shape, ratio / (1 + ratio))))
