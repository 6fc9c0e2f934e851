"""Monthly cohorts: of those who first bought in a month, who buys k months later, for how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.metrics.arrays import Days, Flags, Floats, Numbers, Whole
from analytics.metrics.purchases import PurchaseDays


@dataclass(frozen=True)
class CohortMatrix:
    """Row c is the cohort of `months[c]`, column k the month k months later (k = 0 … last).

    `active` counts customers with a purchase day in that month, `revenue` sums their amounts.
    `begun` is false for months in the future, `complete` also for the one still running.
    """

    months: Days
    size: Whole
    active: Whole
    revenue: Floats
    begun: Flags
    complete: Flags

    @property
    def retention(self) -> Floats:
        """The active share of the cohort (留存率), NaN for months not begun."""
        return np.where(self.begun, self.active / np.maximum(self.size, 1)[:, None], np.nan)

    @property
    def cumulative_value(self) -> Floats:
        """Revenue so far per customer of the cohort, NaN for months not begun."""
        total = np.cumsum(self.revenue, axis=1) / np.maximum(self.size, 1)[:, None]
        return np.where(self.begun, total, np.nan)


def cohort_matrix(days: PurchaseDays, *, as_of: date) -> CohortMatrix:
    """The matrix of all purchases up to `as_of`, inclusive."""
    known = days.until(as_of)
    month = known.day.astype("datetime64[M]")
    first = month[np.flatnonzero(known.is_first)]
    customer_row = np.cumsum(known.is_first) - 1
    new_month = known.is_first.copy()
    new_month[1:] |= month[1:] != month[:-1]
    return from_counts(
        cohort=first[customer_row] if len(first) else month,
        month=month,
        buyers=new_month.astype(np.int64),
        revenue=known.amount,
        as_of=as_of,
    )


def from_counts(
    *, cohort: Days, month: Days, buyers: Numbers, revenue: Numbers, as_of: date
) -> CohortMatrix:
    """The matrix from rows of (cohort month, purchase month, distinct buyers, revenue).

    Rows of one cell are added up, so a roll-up per month fits as well as single purchases. A
    cohort's size is its buyers in its first month; months between cohorts get empty rows.
    """
    last = np.datetime64(as_of, "M")
    began = np.asarray(cohort, dtype="datetime64[M]").astype(np.int64)
    bought = np.asarray(month, dtype="datetime64[M]").astype(np.int64)
    first = int(began.min()) if len(began) else int(last.astype(np.int64))
    span = max(int(last.astype(np.int64)) - first + 1, 0)
    cell = (began - first) * span + (bought - began)
    shape = (span, span)
    active = np.bincount(cell, weights=np.asarray(buyers), minlength=span * span)
    value = np.bincount(cell, weights=np.asarray(revenue, dtype=np.float64), minlength=span * span)
    months = np.arange(first, first + span).astype("datetime64[M]")
    ends = (months[:, None] + np.arange(1, span + 1)[None, :]).astype("datetime64[D]") - 1
    counts = active.astype(np.int64).reshape(shape)
    return CohortMatrix(
        months=months,
        size=counts[:, 0].copy(),
        active=counts,
        revenue=value.reshape(shape).astype(np.float64),
        begun=ends.astype("datetime64[M]") <= last,
        complete=ends <= np.datetime64(as_of, "D"),
    )
