"""What a broadcast added, against the customers it was kept from (增量效果, uplift).

Everybody counts in the arm she was drawn into, whether or not the message reached her (intention
to treat), so nothing but the draw tells the arms apart.

- Difference of means Ȳ₁ − Ȳ₀, standard error (s₁²/n₁ + s₀²/n₀)^½, Student's t with Welch's
  degrees of freedom.
- CUPED: Y' = Y − θ(X − X̄) with what she spent before as X, θ = Σ S_xy / Σ S_xx summed over the
  arms, which is the coefficient of X in a regression on arm and X; the variance falls by the
  share ρ². X lies before the draw, so that the difference stays unbiased.
- Relative uplift Ȳ₁/Ȳ₀ − 1 with Fieller's interval, which leaves 0 out exactly when that of the
  difference does.
- Messages to groups are drawn by group, so the group is the unit: money per member is a ratio of
  two means over groups, brought to one value a group by its linear part (delta method), which is
  the cluster-robust error.
- Sample needed: the error shrinks with N^−½, so N grows by ((z₁₋α/₂ + z_power) · SE / δ)²; with
  equal arms this is n = 2σ²(z₁₋α/₂ + z_power)²/δ² for each.

Revenue is zero for most and has a long tail; the rare giant order would decide alone. Values above
the 99th percentile of those who ordered (both arms together, so that the cap knows nothing of the
draw) count as that percentile. An arm with fewer than LEAST_EVENTS orders carries no normal
approximation and is not judged.

Sources:
B. L. Welch, The generalization of "Student's" problem when several different population variances
are involved, Biometrika 34, 1947.
E. C. Fieller, Some problems in interval estimation, Journal of the Royal Statistical Society B 16,
1954.
A. Deng, Y. Xu, R. Kohavi, T. Walker, Improving the sensitivity of online controlled experiments by
utilizing pre-experiment data, WSDM 2013.
A. Deng, U. Knoblich, J. Lu, Applying the delta method in metric analytics, KDD 2018.
A. Fabijan et al., Diagnosing sample ratio mismatch in online controlled experiments, KDD 2019.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from math import ceil, inf, isfinite, sqrt

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit
from scipy.stats import chi2

from analytics.metrics.arrays import Floats, Numbers, floats
from analytics.metrics.moments import Moments

ALPHA = 0.05
POWER = 0.8
# An effect that would matter: this share of what those kept from it did.
RELEVANT = 0.2
CAP_QUANTILE = 0.99
# Fewer units with an outcome in an arm than this, and the interval would not cover as it says.
LEAST_EVENTS = 10
# Arms so far from the share they were drawn with do not come about by chance.
RATIO_ALARM = 0.001


class Verdict(Enum):
    """What may be said of an effect."""

    MORE = "more"
    LESS = "less"
    NONE = "none"  # an effect that matters would have been seen
    OPEN = "open"  # not decidable yet
    NO_HOLDOUT = "no_holdout"


@dataclass(frozen=True)
class Difference:
    """Ȳ₁ − Ȳ₀ per unit, in the unit of y, with its two-sided interval. `error` is the SE."""

    effect: float
    error: float
    low: float
    high: float
    freedom: float
    p_value: float
    theta: float = 0.0
    variance_saved: float = 0.0


@dataclass(frozen=True)
class Uplift:
    """An effect with what may be said of it.

    `held_mean` is what it is compared with; `relative` the effect as a share of it with `relative_low`
    and `relative_high`, None where those kept from it did nothing. `needed` is how many more
    customers (both arms together, in the same proportion) a decision takes, None when that cannot
    be told or nothing is missing. `is_thin`: too few orders in an arm to judge, whatever the interval.
    """

    verdict: Verdict
    treated: int
    held: int
    treated_mean: float
    held_mean: float
    difference: Difference | None = None
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    needed: int | None = None
    is_thin: bool = False

    @property
    def is_decided(self) -> bool:
        return self.verdict in {Verdict.MORE, Verdict.LESS, Verdict.NONE}

    def total(self, people: int) -> tuple[float, float, float] | None:
        """Effect, lower and upper bound for so many customers; None without an interval."""
        if self.difference is None:
            return None
        found = self.difference
        return found.effect * people, found.low * people, found.high * people


def cap_of(values: Numbers) -> float:
    """Above which single values count as this: the inverted-CDF quantile of those above 0.

    Infinite when nobody has a value.
    """
    positive = floats(values)
    positive = positive[positive > 0]
    if not positive.size:
        return inf
    return float(np.quantile(positive, CAP_QUANTILE, method="inverted_cdf"))


def linearised(y: Numbers, size: Numbers) -> Floats:
    """One value a group whose mean is Σy/Σsize and whose variance is that of the ratio.

    r + (y − r·size)/mean(size); groups without members add nothing.
    """
    outcome, members = floats(y), floats(size)
    total = float(members.sum())
    if not total:
        return np.zeros_like(outcome)
    ratio = float(outcome.sum()) / total
    linear: Floats = ratio + (outcome - ratio * members) / (total / members.size)
    return linear


def theta_of(treated: Moments, held: Moments) -> float:
    """CUPED's θ: the slope of y on x within the arms; 0 when x is the same for everybody."""
    spread = treated.x_squares + held.x_squares
    return (treated.products + held.products) / spread if spread > 0 else 0.0


def difference(
    treated: Moments, held: Moments, *, adjust: bool = True, alpha: float = ALPHA
) -> Difference | None:
    """Welch's comparison, with CUPED when `adjust`; None when an arm has fewer than two units."""
    if treated.n < 2 or held.n < 2:
        return None
    theta = theta_of(treated, held) if adjust else 0.0
    plain = (treated.variance / treated.n, held.variance / held.n)
    parts = (_adjusted(treated, theta) / treated.n, _adjusted(held, theta) / held.n)
    effect = treated.mean - held.mean - theta * (treated.x_mean - held.x_mean)
    error = sqrt(sum(parts))
    if not error:
        return Difference(effect, 0.0, effect, effect, inf, 1.0 if effect == 0 else 0.0, theta)
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (treated.n - 1) + parts[1] ** 2 / (held.n - 1))
    reach = -float(stdtrit(freedom, alpha / 2)) * error
    return Difference(
        effect=effect,
        error=error,
        low=effect - reach,
        high=effect + reach,
        freedom=freedom,
        p_value=float(2 * stdtr(freedom, -abs(effect) / error)),
        theta=theta,
        variance_saved=1 - sum(parts) / sum(plain) if sum(plain) > 0 else 0.0,
    )


def _adjusted(arm: Moments, theta: float) -> float:
    """The variance of y − θx within an arm; rounding may not make it negative."""
    squares = arm.squares - 2 * theta * arm.products + theta**2 * arm.x_squares
    # What is left of equal values after subtracting large sums is noise.
    floor = 1e-12 * max(arm.squares, theta**2 * arm.x_squares)
    return squares / (arm.n - 1) if squares > floor else 0.0


def relative(
    treated: Moments, held: Moments, found: Difference, *, alpha: float = ALPHA
) -> tuple[float, float | None, float | None] | None:
    """The effect as a share of the arm kept from it, with Fieller's bounds.

    None when that arm's mean is not above 0; no bounds when it may as well be 0.
    """
    theta = found.theta
    base = held.mean - theta * (held.x_mean - _pooled_x(treated, held))
    if base <= 0:
        return None
    top = base + found.effect
    reach = -float(stdtrit(found.freedom, alpha / 2)) if isfinite(found.freedom) else 0.0
    upper, lower = (reach**2 * _adjusted(arm, theta) / arm.n for arm in (treated, held))
    known = base**2 - lower
    if known <= 0:
        return found.effect / base, None, None
    root = sqrt(max(0.0, (top * base) ** 2 - known * (top**2 - upper)))
    return found.effect / base, (top * base - root) / known - 1, (top * base + root) / known - 1


def _pooled_x(treated: Moments, held: Moments) -> float:
    return (treated + held).x_mean


def sample_per_arm(
    deviation: float, effect: float, *, alpha: float = ALPHA, power: float = POWER
) -> int:
    """Units each of two equal arms needs to see `effect`; raises ValueError when effect is 0."""
    if not effect:
        raise ValueError("no sample finds an effect of 0")
    return ceil(2 * deviation**2 * _reach(alpha, power) ** 2 / effect**2)


def detectable(found: Difference, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest effect that this sample would find with `power`, in the unit of y."""
    return _reach(alpha, power) * found.error


def _reach(alpha: float, power: float) -> float:
    return float(ndtri(power) - ndtri(alpha / 2))


def uplift(treated: Moments, held: Moments, *, alpha: float = ALPHA) -> Uplift:
    """The effect with CUPED and what may be said of it."""
    plain = Uplift(
        verdict=Verdict.NO_HOLDOUT if not held.n else Verdict.OPEN,
        treated=treated.n,
        held=held.n,
        treated_mean=treated.mean,
        held_mean=held.mean,
    )
    found = difference(treated, held, alpha=alpha)
    if found is None:
        return plain
    shares = relative(treated, held, found, alpha=alpha) or (None, None, None)
    missing = _missing(treated, held, found, alpha)
    is_thin = _is_thin(treated, held)
    verdict = _verdict(found, missing, is_thin=is_thin)
    return replace(
        plain,
        verdict=verdict,
        difference=found,
        relative=shares[0],
        relative_low=shares[1],
        relative_high=shares[2],
        needed=missing if verdict is Verdict.OPEN and missing else None,
        is_thin=is_thin,
    )


def _is_thin(treated: Moments, held: Moments) -> bool:
    return min(treated.events, held.events) < LEAST_EVENTS


def _verdict(found: Difference, missing: int | None, *, is_thin: bool) -> Verdict:
    if is_thin:
        return Verdict.OPEN
    if found.low > 0:
        return Verdict.MORE
    if found.high < 0:
        return Verdict.LESS
    return Verdict.NONE if missing == 0 else Verdict.OPEN


def _missing(treated: Moments, held: Moments, found: Difference, alpha: float) -> int | None:
    """How many more customers a decision takes; None when nobody has done anything yet."""
    both = treated + held
    base = held.mean or both.mean
    if base <= 0:
        return None
    # An effect that is seen already only has to be believed.
    is_seen = found.low > 0 or found.high < 0
    factor = 1.0 if is_seen else (detectable(found, alpha=alpha) / (RELEVANT * base)) ** 2
    # Enough orders in the thinner arm for the normal approximation, at the rate seen so far.
    for arm in (treated, held):
        factor = max(factor, LEAST_EVENTS / max(1, arm.events))
    return max(0, ceil(both.n * (factor - 1)))


def ratio_p_value(treated: int, held: int, held_share: float) -> float:
    """How likely arms are to be so far from the share they were drawn with (χ², one degree)."""
    total = treated + held
    if not total or not 0 < held_share < 1:
        return 1.0
    expected = (total * (1 - held_share), total * held_share)
    found = (treated, held)
    distance = sum((f - e) ** 2 / e for f, e in zip(found, expected, strict=True))
    return float(chi2.sf(distance, 1))
