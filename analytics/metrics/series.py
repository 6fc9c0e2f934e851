"""Several sends counted as one, and looked at whenever somebody likes (多次群发合并).

**Pooling.** Sends may have been drawn with different shares held out. Within one share the draw
parts customers by chance alone, across shares it does not: so the arms are compared share by share
and the differences averaged with the customers of each share as weights (post-stratification, the
intention-to-treat estimate of Δ = Σ w_s Δ_s, Var Δ = Σ w_s² Var Δ_s). `pooled` puts that into one
pair of arms with the same means and the same errors, for which everything that is said of a single
draw holds unchanged.

**Looking at any time.** A recurring send has no end that was agreed on, and its report is opened
every day. An interval of 95 per cent for one look would leave out the truth far more often over
many. A confidence sequence holds at all looks together: its reach is

    SE · sqrt(2 (1 + 1/v) · ln(sqrt(1 + v) / α)),  v = n ρ²

(Robbins' normal mixture, carried over to means by the central limit theorem), ρ chosen so that it
is narrowest at `best_at` units. It is about half as wide again as an interval for one look.

Sources:
H. Robbins, Statistical methods related to the law of the iterated logarithm, Annals of Mathematical
Statistics 41, 1970.
I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, Time-uniform central limit theory and
asymptotic confidence sequences, Annals of Statistics 52, 2024.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log, sqrt

from scipy.special import ndtr

from analytics.metrics.moments import Moments
from analytics.metrics.uplift import ALPHA

# With so many customers, or groups, the interval is as narrow as it can be for looks at any time.
BEST_AT_CUSTOMERS, BEST_AT_GROUPS = 2_000, 50

Arms = tuple[Moments, Moments]


def pooled(strata: Iterable[Arms]) -> Arms:
    """One pair (written to, held out) that stands for all of them; both arms as they are when there
    is one. Strata of which an arm has fewer than two units say nothing and are left out.
    """
    usable = [pair for pair in strata if min(pair[0].n, pair[1].n) > 1]
    whole = sum(treated.n + held.n for treated, held in usable)
    weights = [(treated.n + held.n) / whole for treated, held in usable]
    return (
        _weighted([treated for treated, _held in usable], weights),
        _weighted([held for _treated, held in usable], weights),
    )


def _weighted(parts: Sequence[Moments], weights: Sequence[float]) -> Moments:
    """Means Σ w·mean, and sums of squares that give the variance Σ w²·s²/n of that mean."""
    if len(parts) == 1:
        return parts[0]
    n = sum(part.n for part in parts)

    def spread(name: str) -> float:
        return float(
            sum(
                weight**2 * getattr(part, name) / ((part.n - 1) * part.n) * (n - 1) * n
                for part, weight in zip(parts, weights, strict=True)
            )
        )

    return Moments(
        n=n,
        mean=sum(weight * part.mean for part, weight in zip(parts, weights, strict=True)),
        squares=spread("squares"),
        x_mean=sum(weight * part.x_mean for part, weight in zip(parts, weights, strict=True)),
        x_squares=spread("x_squares"),
        products=spread("products"),
        events=sum(part.events for part in parts),
    )


def any_time_alpha(n: int, *, best_at: int, alpha: float = ALPHA) -> float:
    """The error that an interval for one look may have at `n` units, so that all looks together err
    in at most `alpha`. Raises ValueError without a unit.
    """
    if n < 1:
        raise ValueError("nobody has been looked at")
    narrow = -2 * log(alpha)
    v = n * (narrow + log(narrow + 1)) / best_at
    reach = sqrt(2 * (1 + 1 / v) * log(sqrt(1 + v) / alpha))
    return float(2 * ndtr(-reach))
