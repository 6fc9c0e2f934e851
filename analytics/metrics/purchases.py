"""Purchase histories: order lines merged to purchase days, summarised per customer.

Conventions of the literature: what a customer orders on one day is one purchase (identical lines
are genuine and all count towards its amount); the first purchase day is time zero and no repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

import numpy as np

from analytics.metrics.arrays import Days, Flags, Floats, Whole
from analytics.metrics.errors import BadPeriod
from analytics.metrics.history import History

Unit: TypeAlias = Literal["day", "week"]
DAYS_PER_UNIT: Final[dict[Unit, int]] = {"day": 1, "week": 7}


@dataclass(frozen=True)
class OrderLines:
    """One entry per order line: customer number (any integer ≥ 0), business day, amount ≥ 0."""

    customer: Whole
    day: Days
    amount: Floats

    def between(self, first: date | None, last: date | None) -> OrderLines:
        """The lines from `first` to `last`, both inclusive; None leaves that side open."""
        keep = np.ones(len(self.day), dtype=np.bool_)
        if first is not None:
            keep &= self.day >= np.datetime64(first, "D")
        if last is not None:
            keep &= self.day <= np.datetime64(last, "D")
        return OrderLines(self.customer[keep], self.day[keep], self.amount[keep])


@dataclass(frozen=True)
class PurchaseDays:
    """One entry per customer and day, sorted by customer, then day; `amount` is the day's sum."""

    customer: Whole
    day: Days
    amount: Floats

    @property
    def is_first(self) -> Flags:
        """Marks the first purchase day of each customer."""
        return _differs_from_previous(self.customer)

    def until(self, last: date) -> PurchaseDays:
        """The purchase days up to `last`, inclusive."""
        keep = self.day <= np.datetime64(last, "D")
        return PurchaseDays(self.customer[keep], self.day[keep], self.amount[keep])


@dataclass(frozen=True)
class Summary:
    """One entry per customer, in ascending customer number, as of the end of calibration.

    x counts repeat purchase days; t_x is the time of the last one and T the time watched, both
    since the first purchase day in `unit`, not rounded. `repeat_value` is the mean amount of the
    repeat days (0 for x = 0), `total` the amount of all days.
    """

    customer: Whole
    x: Floats
    t_x: Floats
    T: Floats
    repeat_value: Floats
    total: Floats
    first_day: Days
    last_day: Days
    unit: Unit

    @property
    def history(self) -> History:
        """What the drop-out models look at."""
        return History(self.x, self.t_x, self.T)


def merge_days(lines: OrderLines) -> PurchaseDays:
    """Order lines in any order to purchase days."""
    if not len(lines.day):
        return PurchaseDays(lines.customer, lines.day, lines.amount)
    offset = (lines.day - lines.day.min()).astype(np.int64)
    width = int(offset.max()) + 1
    code = lines.customer * width + offset
    order = np.argsort(code, kind="stable")
    code = code[order]
    starts = np.flatnonzero(_differs_from_previous(code))
    return PurchaseDays(
        customer=code[starts] // width,
        day=lines.day.min() + (code[starts] % width).astype("timedelta64[D]"),
        amount=np.add.reduceat(lines.amount[order], starts),
    )


def summarise(days: PurchaseDays, *, calibration_end: date, unit: Unit = "week") -> Summary:
    """The customers known at `calibration_end` (inclusive) and what they had done by then.

    Raises BadPeriod when that day lies outside the data.
    """
    if not len(days.day):
        raise BadPeriod("there are no orders")
    first, last = days.day.min(), days.day.max()
    end = np.datetime64(calibration_end, "D")
    if not first <= end <= last:
        raise BadPeriod(
            f"the calibration end {calibration_end} lies outside the orders ({first} to {last})"
        )
    known = days.until(calibration_end)
    is_first = known.is_first
    starts = np.flatnonzero(is_first)
    count = np.diff(np.append(starts, len(known.day)))
    first_day, last_day = known.day[starts], known.day[starts + count - 1]
    repeat_total = np.add.reduceat(np.where(is_first, 0.0, known.amount), starts)
    per = DAYS_PER_UNIT[unit]
    return Summary(
        customer=known.customer[starts],
        x=(count - 1).astype(np.float64),
        t_x=(last_day - first_day).astype(np.int64) / per,
        T=(end - first_day).astype(np.int64) / per,
        repeat_value=repeat_total / np.maximum(count - 1, 1),
        total=np.add.reduceat(known.amount, starts),
        first_day=first_day,
        last_day=last_day,
        unit=unit,
    )


def purchases_after(
    days: PurchaseDays, summary: Summary, *, calibration_end: date, until: date
) -> Floats:
    """How often each customer of `summary` bought after calibration, up to `until` inclusive."""
    later = (days.day > np.datetime64(calibration_end, "D")) & (
        days.day <= np.datetime64(until, "D")
    )
    buyer = days.customer[later]
    buyer = buyer[np.isin(buyer, summary.customer)]
    place = np.searchsorted(summary.customer, buyer)
    return np.bincount(place, minlength=len(summary.customer)).astype(np.float64)


def _differs_from_previous(values: Whole) -> Flags:
    differs = np.ones(len(values), dtype=np.bool_)
    differs[1:] = values[1:] != values[:-1]
    return differs
