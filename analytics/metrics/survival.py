"""Survival curves: Kaplan–Meier with Greenwood's log-log interval, and the log-rank test.

    Ŝ(t) = Π_{t_i ≤ t} (1 − d_i/n_i),    Var Ŝ = Ŝ² Σ d_i / (n_i (n_i − d_i))

For what visibly ends: a friend deletes us (删除好友), a customer buys for the second time. Who is
still waiting is censored, which must have nothing to do with how likely the end is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import chi2

from analytics.metrics.arrays import Floats, Numbers, Whole, floats
from analytics.metrics.errors import NotEnoughData


@dataclass(frozen=True)
class Durations:
    """Grouped durations: at each distinct `time`, ascending, how many ended and how many left view.

    A thousand rows stand for any number of people, so the grouping can be done in SQL.
    """

    time: Floats
    events: Whole
    censored: Whole

    @classmethod
    def of(cls, time: Numbers, observed: Numbers) -> Durations:
        """From one duration a person; `observed` is true where the end was seen."""
        durations = floats(time)
        seen = np.asarray(observed, dtype=np.bool_)
        distinct_times, index = np.unique(durations, return_inverse=True)
        events = np.bincount(index[seen], minlength=len(distinct_times))
        return cls(distinct_times, events, np.bincount(index) - events)

    @property
    def at_risk(self) -> Whole:
        """How many were still in view just before each time."""
        leaving = self.events + self.censored
        return np.asarray(leaving[::-1].cumsum()[::-1], dtype=np.int64)


@dataclass(frozen=True)
class Curve:
    """A survival curve at the times where something ended.

    `se` is Greenwood's; it and the interval are NaN where the curve has reached 0. `median` is
    NaN while more than half survive.
    """

    time: Floats
    at_risk: Whole
    events: Whole
    survival: Floats
    se: Floats
    lower: Floats
    upper: Floats
    median: float

    def at(self, time: Numbers) -> Floats:
        """Ŝ at any times; 1 before the first event."""
        step = np.searchsorted(self.time, floats(time), side="right")
        return np.concatenate([[1.0], self.survival])[step]


@dataclass(frozen=True)
class LogRank:
    """Log-rank statistic, degrees of freedom and p-value for "all curves are the same"."""

    chi_square: float
    degrees: int
    p_value: float


def kaplan_meier(durations: Durations, *, confidence: float = 0.95) -> Curve:
    """The product-limit curve with its pointwise log-log interval; NotEnoughData without people."""
    if not len(durations.time):
        raise NotEnoughData("a survival curve needs at least one duration")
    happens = durations.events > 0
    n, d = durations.at_risk[happens], durations.events[happens]
    survival = np.cumprod(1 - d / n, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(d / (n * (n - d))))
        se = survival * spread
        reach = ndtri((1 + confidence) / 2) * spread / np.abs(np.log(survival))
        lower, upper = survival ** np.exp(reach), survival ** np.exp(-reach)
    known = survival > 0
    time = durations.time[happens]
    half = np.flatnonzero(survival <= 0.5 + 1e-12)  # ⅔ · ¾ is a half, also in floats
    return Curve(
        time=time,
        at_risk=n,
        events=d,
        survival=survival,
        se=np.where(known, se, np.nan),
        lower=np.where(known, lower, np.nan),
        upper=np.where(known, upper, np.nan),
        median=float(time[half[0]]) if len(half) else float("nan"),
    )


def shares_left(
    events: Whole, censored: Whole, *, confidence: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Ŝ of many groups at the end of a common time, with its interval: as `kaplan_meier`, at once.

    Both hold a row a group and a column a unit of time, 0 the first; who is in view longer is
    censored in a column behind those that count, the last one. The interval is NaN where nothing
    ended or nobody is left.
    """
    at_risk = (events + censored)[:, ::-1].cumsum(axis=1)[:, ::-1]
    d, n = events[:, :-1].astype(np.float64), at_risk[:, :-1].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.where(d > 0, 1 - d / n, 1.0).prod(axis=1)
        spread = np.sqrt(np.where(d > 0, d / (n * (n - d)), 0.0).sum(axis=1))
        reach = ndtri((1 + confidence) / 2) * spread / np.abs(np.log(survival))
        lower, upper = survival ** np.exp(reach), survival ** np.exp(-reach)
    is_between = (survival > 0) & (survival < 1)
    return survival, np.where(is_between, lower, np.nan), np.where(is_between, upper, np.nan)


def log_rank(groups: Sequence[Durations]) -> LogRank:
    """Compare two or more groups over their whole course.

    Raises NotEnoughData when nothing ended while two groups were in view.
    """
    times = np.unique(np.concatenate([group.time[group.events > 0] for group in groups]))
    at_risk = np.array([_at_risk_at(group, times) for group in groups], dtype=np.float64)
    events = np.array([_events_at(group, times) for group in groups], dtype=np.float64)
    n, d = at_risk.sum(axis=0), events.sum(axis=0)
    share = at_risk / n
    excess = (events - d * share).sum(axis=1)[:-1]
    # Hypergeometric variance; a time with one person left decides nothing.
    weight = np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1)
    covariance = np.diag((share * weight).sum(axis=1)) - (share * weight) @ share.T
    covariance = covariance[:-1, :-1]
    if not len(excess) or np.linalg.matrix_rank(covariance) < len(excess):
        raise NotEnoughData("the groups were never watched together while something happened")
    statistic = float(excess @ np.linalg.solve(covariance, excess))
    return LogRank(statistic, len(excess), float(chi2.sf(statistic, len(excess))))


def _at_risk_at(group: Durations, times: Floats) -> Whole:
    place = np.searchsorted(group.time, times, side="left")
    return np.append(group.at_risk, 0)[place]


def _events_at(group: Durations, times: Floats) -> Whole:
    place = np.searchsorted(group.time, times, side="left")
    found = np.append(group.time, np.inf)[place] == times
    return np.where(found, np.append(group.events, 0)[place], 0)
