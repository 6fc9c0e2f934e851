"""What the orders of a ledger add up to, a customer and a customer's month at a time.

Orders of one customer on one day are one purchase day; refunds subtract from money, never from
days. Money is whole fen throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from analytics.metrics.arrays import Days, Flags, Whole

Columns: TypeAlias = dict[str, npt.NDArray[Any]]

# The days from 0001-01-01 to 9999-12-31 and some more: what a date can be, in a power of two.
DAYS: Final = 1 << 22
_FIRST_DAY = np.datetime64("0001-01-01", "D")
# Far from the end of 64 bits, so that a sum in floating point tells surely.
_MOST = 2.0**62


@dataclass(frozen=True)
class Ledger:
    """Orders in any sequence: whose and when, by `placed`, and the amount ≥ 0 in fen.

    Refunds stand apart, for few orders have one: the place of the order, and fen ≥ 0.
    """

    place: Whole
    amount: Whole
    refund_place: Whole
    refund: Whole


@dataclass(frozen=True)
class _PurchaseDays:
    """Sorted by customer, then day; `revenue` before refunds."""

    customer: Whole
    day: Days
    orders: Whole
    revenue: Whole
    refunded: Whole


def placed(customer: Whole, day: Days) -> Whole:
    """One number for a customer and a day, ascending by customer, then day."""
    return customer * DAYS + (day - _FIRST_DAY).astype(np.int64)


def sums(ledger: Ledger) -> tuple[Columns, Columns]:
    """Customers by `contact_id`, and their months with orders by `contact_id` and `month`.

    Raises OverflowError when somebody's fen do not fit into 64 bits.
    """
    if not len(ledger.place):
        return _customers(_NOBODY, _NOWHERE), _months(_NOBODY, _NOWHERE)
    days = _purchase_days(ledger)
    opens = _differs_from_previous(days.customer)
    return _customers(days, np.flatnonzero(opens)), _months(days, np.flatnonzero(opens))


def _purchase_days(ledger: Ledger) -> _PurchaseDays:
    place, amount = ledger.place, ledger.amount
    if (place[1:] < place[:-1]).any():
        order = np.argsort(place, kind="stable")
        place, amount = place[order], amount[order]
    starts = np.flatnonzero(_differs_from_previous(place))
    _check_fits(place, amount)
    place_of_day = place[starts]
    refunded = np.zeros(len(starts), dtype=np.int64)
    np.add.at(refunded, np.searchsorted(place_of_day, ledger.refund_place), ledger.refund)
    return _PurchaseDays(
        customer=place_of_day // DAYS,
        day=_FIRST_DAY + (place_of_day % DAYS).astype("timedelta64[D]"),
        orders=_lengths(starts, len(place)),
        revenue=np.add.reduceat(amount, starts),
        refunded=refunded,
    )


def _check_fits(place: Whole, amount: Whole) -> None:
    """Refunds are never more than the amounts, so these alone can go over."""
    if int(amount.max()) * len(amount) < _MOST:
        return
    starts = np.flatnonzero(_differs_from_previous(place // DAYS))
    if (np.add.reduceat(amount.astype(np.float64), starts) >= _MOST).any():
        raise OverflowError("the orders of a customer come to an amount that is out of range")


def _customers(days: _PurchaseDays, starts: Whole) -> Columns:
    """`starts` are the places of the customers' first days."""
    count = _lengths(starts, len(days.day))
    second = np.full(len(starts), np.datetime64("NaT", "D"))
    has_second = count > 1
    second[has_second] = days.day[starts[has_second] + 1]
    return {
        "contact_id": days.customer[starts],
        "first_on": days.day[starts],
        "second_on": second,
        "last_on": days.day[starts + count - 1],
        "purchase_days": count.astype(np.int32),
        "orders": _added(days.orders, starts).astype(np.int32),
        "revenue_fen": _added(days.revenue, starts),
        "refunded_fen": _added(days.refunded, starts),
        "first_day_fen": (days.revenue - days.refunded)[starts],
    }


def _months(days: _PurchaseDays, customers: Whole) -> Columns:
    """`customers` are the places of the customers' first days."""
    month, first_days = _calendar_months(days.day)
    opens = _differs_from_previous(month)
    opens[customers] = True
    starts = np.flatnonzero(opens)
    months_of_each = _lengths(np.searchsorted(starts, customers), len(starts))
    cohort = np.repeat(month[customers], months_of_each)
    month_of_row = month[starts]
    return {
        "contact_id": days.customer[starts],
        "month": first_days[month_of_row],
        "cohort": first_days[cohort],
        "offset": (month_of_row - cohort).astype(np.int16),
        "purchase_days": _lengths(starts, len(month)).astype(np.int16),
        "orders": _added(days.orders, starts).astype(np.int32),
        "net_fen": _added(days.revenue - days.refunded, starts),
    }


def _calendar_months(days: Days) -> tuple[Whole, Days]:
    """The months of these days, counted from the earliest of them, and each month's first day.

    Looked up, because numpy works out the calendar anew for each of a million equal days.
    """
    if not len(days):
        return _NOWHERE, days
    first, last = days.min(), days.max()
    months = np.arange(first, last + 1).astype("datetime64[M]")
    first_days = np.arange(months[0], months[-1] + 1).astype("datetime64[D]")
    return (months - months[0]).astype(np.int64)[(days - first).astype(np.int64)], first_days


def _added(values: Whole, starts: Whole) -> Whole:
    return np.add.reduceat(values, starts) if len(starts) else values[:0]


def _lengths(starts: Whole, end: int) -> Whole:
    return np.diff(starts, append=end)


def _differs_from_previous(values: npt.NDArray[Any]) -> Flags:
    differs = np.ones(len(values), dtype=np.bool_)
    differs[1:] = values[1:] != values[:-1]
    return differs


_NOWHERE: Whole = np.zeros(0, dtype=np.int64)
_NOBODY = _PurchaseDays(_NOWHERE, _NOWHERE.astype("datetime64[D]"), _NOWHERE, _NOWHERE, _NOWHERE)
