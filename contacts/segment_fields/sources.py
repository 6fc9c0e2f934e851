"""Facts that several fields take from the facts row in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Expression, F, Func, IntegerField, Q

from contacts.models import ContactFacts
from scrm.segments.compile import compare
from scrm.segments.days import business_day

# Numbers of days are compared as dates, so that an index on the date serves.
_MIRRORED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "=": "=", "between": "between"}


def size_of(column: str) -> Callable[[datetime], Expression]:
    """How many entries an array of the facts row has."""

    def expression(_now: datetime) -> Expression:
        return Func(F(column), function="CARDINALITY", output_field=IntegerField())

    return expression


class DaysSince:
    """The number of business days since a date or (`is_instant`) a moment of the facts row."""

    def __init__(self, column: str, *, is_instant: bool = False) -> None:
        self._column = column
        self._is_instant = is_instant

    def to_q(self, op: str, value: Any, now: datetime) -> Q:
        today = business_day(now)
        if op == "between":
            days = (_days_before(today, value[1]), _days_before(today, value[0]))
            return self._compare("between", days, now)
        day = _days_before(today, value)
        if not self._is_instant:
            return compare(F(self._column), _MIRRORED[op], day, now=now)
        # A day is a range of moments: “=” is between a day and itself, “≥” before the next.
        one = timedelta(days=1)
        if op == "=":
            return self._compare("between", (day, day), now)
        if op in {">=", ">"}:
            return self._compare("before", day + one if op == ">=" else day, now)
        return self._compare("after", day - one if op == "<=" else day, now)

    def fetch(self, contact_ids: Sequence[int], now: datetime) -> Mapping[int, int]:
        rows = ContactFacts.objects.filter(pk__in=contact_ids).values_list("pk", self._column)
        today = business_day(now)
        return {pk: (today - _day(value)).days for pk, value in rows if value is not None}

    def _compare(self, op: str, value: Any, now: datetime) -> Q:
        return compare(F(self._column), op, value, now=now, is_instant=self._is_instant)


def _day(value: date | datetime) -> date:
    return business_day(value) if isinstance(value, datetime) else value


# Days this far off name every customer or none, and their moments fit into a database.
_EARLIEST, _LATEST = date(1000, 1, 1), date(4000, 1, 1)


def _days_before(day: date, days: int) -> date:
    """A number of days far outside the calendar stands for its nearest end."""
    ordinal = min(max(day.toordinal() - days, _EARLIEST.toordinal()), _LATEST.toordinal())
    return date.fromordinal(ordinal)
