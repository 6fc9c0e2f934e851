"""Repurchase (复购): who came back in a window, and how long coming back takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.metrics.arrays import Whole
from analytics.metrics.purchases import PurchaseDays
from analytics.metrics.survival import Durations


@dataclass(frozen=True)
class Repurchase:
    """Buyers of a window: all, those with ≥ 2 purchase days in it, those who bought before it."""

    buyers: int
    repeaters: int
    returning: int

    @property
    def rate(self) -> float:
        """Repurchase rate (复购率): repeaters ÷ buyers, NaN without buyers."""
        return self.repeaters / self.buyers if self.buyers else float("nan")

    @property
    def returning_share(self) -> float:
        """Returning buyers (老客占比): those with an earlier first purchase ÷ buyers."""
        return self.returning / self.buyers if self.buyers else float("nan")


def window_repurchase(days: PurchaseDays, *, first: date, last: date) -> Repurchase:
    """Repurchase within `first` … `last`, both inclusive; `days` must hold the whole history."""
    inside = (days.day >= np.datetime64(first, "D")) & (days.day <= np.datetime64(last, "D"))
    buyers, purchases = np.unique(days.customer[inside], return_counts=True)
    began_earlier = days.is_first & (days.day < np.datetime64(first, "D"))
    return Repurchase(
        buyers=len(buyers),
        repeaters=int(np.count_nonzero(purchases > 1)),
        returning=int(np.isin(buyers, days.customer[began_earlier]).sum()),
    )


def gaps(days: PurchaseDays) -> Whole:
    """The days between successive purchase days of the same customer, in no promised order."""
    between = np.diff(days.day).astype(np.int64)
    return np.asarray(between[~days.is_first[1:]], dtype=np.int64)


def time_to_second_purchase(days: PurchaseDays, *, as_of: date) -> Durations:
    """Days from the first to the second purchase, censored at `as_of` (input of a survival curve).

    Purchases after `as_of` are not looked at.
    """
    known = days.until(as_of)
    first = np.flatnonzero(known.is_first)
    has_second = np.append(~known.is_first[1:], [False])[first] if len(first) else first > 0
    waiting = (np.datetime64(as_of, "D") - known.day[first]).astype(np.int64)
    second = np.minimum(first + 1, max(len(known.day) - 1, 0))
    taken = (known.day[second] - known.day[first]).astype(np.int64)
    return Durations.of(np.where(has_second, taken, waiting), has_second)
