"""Inactivity churn (沉默 / 流失): no order for longer than most repurchases take.

Nobody announces that they stop buying, so the shop's own repurchase gaps set the thresholds: a
customer is silent after the gap by which 80 % of the observed returns had happened, lost after
95 %. Unfriending is another kind of churn, seen directly; survival.py is for that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.metrics.arrays import Whole
from analytics.metrics.purchases import PurchaseDays

SILENT_SHARE, LOST_SHARE = 0.80, 0.95
# Before a shop has shown this many repurchases its quantiles are noise; these days serve then.
ENOUGH_GAPS = 200
DEFAULT_SILENT_DAYS, DEFAULT_LOST_DAYS = 45, 120


@dataclass(frozen=True)
class Thresholds:
    """Silent and lost mean: more than so many days since the last purchase day."""

    silent_days: int
    lost_days: int
    is_learned: bool


@dataclass(frozen=True)
class MonthlyChurn:
    """Customers not lost when the month began, and how many of them became lost during it."""

    month: date
    at_start: int
    lost: int
    is_complete: bool

    @property
    def rate(self) -> float:
        """Monthly churn rate (月流失率), NaN when nobody was there at the start."""
        return self.lost / self.at_start if self.at_start else float("nan")


def thresholds(gaps: Whole) -> Thresholds:
    """The thresholds from the repurchase gaps in days, or 45 and 120 with fewer than 200 gaps."""
    if len(gaps) < ENOUGH_GAPS:
        return Thresholds(DEFAULT_SILENT_DAYS, DEFAULT_LOST_DAYS, is_learned=False)
    silent, lost = np.quantile(gaps, [SILENT_SHARE, LOST_SHARE], method="inverted_cdf")
    return Thresholds(int(silent), max(int(lost), int(silent) + 1), is_learned=True)


def monthly_churn(days: PurchaseDays, *, lost_days: int, as_of: date) -> list[MonthlyChurn]:
    """Churn of each month from the first purchase to `as_of`, oldest first.

    A customer becomes lost on the day `lost_days` + 1 after a purchase with none in between, and
    is back with the next purchase. The running month is not complete.
    """
    known = days.until(as_of)
    if not len(known.day):
        return []
    began, lapsed_on, began_before_lapse = _spells(known, lost_days, as_of)
    end = np.datetime64(as_of, "D")
    months = np.arange(known.day.min().astype("datetime64[M]"), np.datetime64(as_of, "M") + 1)
    result = []
    for month in months:
        start, following = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
        at_start = np.count_nonzero(began < start) - np.count_nonzero(lapsed_on < start)
        lost = (lapsed_on >= start) & (lapsed_on < following) & (began_before_lapse < start)
        result.append(
            MonthlyChurn(
                month=start.astype(date),
                at_start=int(at_start),
                lost=int(np.count_nonzero(lost)),
                is_complete=bool(following - 1 <= end),
            )
        )
    return result


def _spells(
    days: PurchaseDays, lost_days: int, as_of: date
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days on which customers came (back), days on which they became lost, and since when those
    who became lost had been there."""
    day, is_first = days.day, days.is_first
    is_last = np.append(is_first[1:], [True])
    lapse = day + np.timedelta64(lost_days + 1, "D")
    upcoming = np.append(day[1:], day[:1])
    lapses = np.where(is_last, lapse <= np.datetime64(as_of, "D"), upcoming >= lapse)
    starts = is_first.copy()
    starts[1:] |= lapses[:-1]
    spell = np.cumsum(starts) - 1
    began = day[starts]
    return began, lapse[lapses], began[spell[lapses]]
