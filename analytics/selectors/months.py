"""Calendar months by their first days."""

from __future__ import annotations

from datetime import date


def month_of(day: date) -> date:
    return day.replace(day=1)


def months_later(month: date, offset: int) -> date:
    """The first day of the month `offset` months after `month`; negative goes back."""
    number = month.year * 12 + month.month - 1 + offset
    return date(number // 12, number % 12 + 1, 1)
