"""Calendar months by their first days."""

from __future__ import annotations

from datetime import date, timedelta


def whole_months(first_on: date, last_on: date) -> tuple[date, date]:
    """The month that begins first in these days, and the one behind the last that ends in them;
    the same month when none is whole.
    """
    begin = month_of(first_on) if first_on.day == 1 else months_later(month_of(first_on), 1)
    return begin, max(begin, month_of(last_on + timedelta(1)))


def month_of(day: date) -> date:
    return day.replace(day=1)


def months_later(month: date, offset: int) -> date:
    """The first day of the month `offset` months after `month`; negative goes back."""
    number = month.year * 12 + month.month - 1 + offset
    return date(number // 12, number % 12 + 1, 1)
