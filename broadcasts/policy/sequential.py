"""Whether more customers are lost after touches than usual: a sequential test (序贯检验).

The question is looked at every minute, so a test for one look would raise false alarms without
end. This one may be looked at whenever and as often as one likes.

The test. Each touched customer is lost within a day with some chance; usual is at most `rate`.
For a factor f > 1 the product over the touched of f^lost · exp(-(f - 1) · rate) has a mean of at
most 1 at every moment while losses are usual, because 1 + p(f - 1) ≤ exp(p(f - 1)) and p ≤ rate:
a supermartingale. So has the mean over several factors, the evidence. By Ville's inequality it
ever reaches 1 / TEST_ALPHA with a chance of at most TEST_ALPHA. A touched customer counts with her
whole day from the first moment on; what she does later can only raise the evidence to its value
at the day's end, so it does not matter at which hours customers leave.

The usual rate is itself counted, not known: from customers of the same kinds who were not touched
at that time, weighted like the touched. Its upper confidence limit at 1 - BASE_ALPHA stands for
it, which makes the whole test hold with FALSE_ALARM = TEST_ALPHA + BASE_ALPHA for each broadcast.

Between FLOOR and CEILING. Without any loss in the past the limit falls with every day that was
watched and would come close to 0, so it is never below FLOOR, and fewer than LEAST_LOSSES never
stop anything. With hardly any past the limit would be so high that the test sees nothing, so it
is never above CEILING: who loses more than one customer in a hundred in a day does harm, whatever
is usual, and FALSE_ALARM is promised for usual rates up to there.

Sources:
J. Ville, Étude critique de la notion de collectif, 1939 (the inequality).
H. Robbins, Statistical methods related to the law of the iterated logarithm, Annals of
Mathematical Statistics 41, 1970 (mixtures of likelihood ratios).
R. Johari et al., Always valid inference, Operations Research 70, 2022 (for experiments online).
M. P. Fay, E. J. Feuer, Confidence intervals for directly standardized rates, Statistics in
Medicine 16, 1997 (the upper limit of a weighted rate; of one stratum Garwood's exact one, 1936).
R. L. Berger, D. D. Boos, P values maximized over a confidence set for the nuisance parameter,
Journal of the American Statistical Association 89, 1994 (adding the two chances up).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

TEST_ALPHA = 0.01
BASE_ALPHA = 0.01
FALSE_ALARM = TEST_ALPHA + BASE_ALPHA
BOUND = math.log(1 / TEST_ALPHA)
# By how much more customers may be lost than usual; each is as likely as the others.
FACTORS = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
# Losses per customer and day.
FLOOR, CEILING = 0.0002, 0.01
LEAST_LOSSES = 3
# A kind of customer that was watched for fewer days than this is judged by all kinds together.
THIN_DAYS = 1_000.0


@dataclass(frozen=True)
class Stratum:
    """One kind of customers: how many were touched, and what became of the same kind untouched.

    `days` are customer-days at risk outside the day after a touch, `losses` those within them.
    """

    touched: int
    days: float
    losses: int


@dataclass(frozen=True)
class BaseRate:
    """Losses per customer and day that are usual for customers such as the touched.

    `rate` is the estimate, `upper` what stands for it in the test.
    """

    rate: float
    upper: float
    days: float
    losses: int


@dataclass(frozen=True)
class Judgement:
    """One look: so many losses against what is usual.

    `statistic` is the logarithm of the evidence, `bound` what it must not reach, `limit` the
    number of losses at which it does.
    """

    touched: int
    losses: int
    expected: float
    statistic: float
    bound: float
    limit: int
    is_over: bool


def base_rate(strata: Sequence[Stratum]) -> BaseRate:
    """The usual rate with the weights of the touched, and its upper confidence limit."""
    days = sum(stratum.days for stratum in strata)
    losses = sum(stratum.losses for stratum in strata)
    touched = sum(stratum.touched for stratum in strata)
    if not touched or days <= 0:
        return BaseRate(FLOOR, CEILING, days, losses)
    thin = sum(s.touched for s in strata if s.days < THIN_DAYS) / touched
    weighed = [
        (thin / days + (s.touched / touched / s.days if s.days >= THIN_DAYS else 0.0), s.losses)
        for s in strata
        if s.days > 0
    ]
    rate = sum(weight * lost for weight, lost in weighed)
    return BaseRate(_within(rate), _within(_upper(weighed)), days, losses)


def _upper(weighed: Sequence[tuple[float, int]]) -> float:
    """Fay and Feuer's limit of a weighted sum of Poisson counts."""
    heaviest = max(weight for weight, _lost in weighed)
    mean = sum(weight * lost for weight, lost in weighed) + heaviest
    variance = sum(weight**2 * lost for weight, lost in weighed) + heaviest**2
    return float(variance / mean * gammaincinv(mean**2 / variance, 1 - BASE_ALPHA))


def _within(rate: float) -> float:
    return min(CEILING, max(FLOOR, rate))


def log_evidence(losses: ArrayLike, usual: ArrayLike) -> NDArray[Any]:
    """The logarithm of the evidence for harm; arrays of any one shape.

    `usual` is the number of losses that would still be usual: touched times the upper rate.
    """
    factors = np.array(FACTORS)
    parts = np.multiply.outer(losses, np.log(factors)) - np.multiply.outer(usual, factors - 1)
    evidence: NDArray[Any] = np.logaddexp.reduce(parts, axis=-1) - math.log(len(FACTORS))
    return evidence


def limit_of(usual: float) -> int:
    """The number of losses that stops a broadcast where `usual` would be usual."""
    low, high = LEAST_LOSSES - 1, LEAST_LOSSES
    while log_evidence(high, usual) < BOUND:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if log_evidence(middle, usual) < BOUND else (low, middle)
    return high


def judge(*, touched: int, losses: int, base: BaseRate) -> Judgement:
    """Whether so many losses among so many touched are more than usual."""
    usual = touched * base.upper
    limit = limit_of(usual)
    return Judgement(
        touched=touched,
        losses=losses,
        expected=touched * base.rate,
        statistic=float(log_evidence(losses, usual)),
        bound=BOUND,
        limit=limit,
        is_over=losses >= limit,
    )
