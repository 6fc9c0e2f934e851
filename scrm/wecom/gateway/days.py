"""Spans of whole days in Beijing, as WeCom's statistics want them (统计时间)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone

from scrm.wecom.gateway.reading import Json, number
from scrm.wecom.maxima import STATISTICS_SPAN

_BEIJING = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)


def midnight(day: date) -> int:
    """The unix second `day` begins with in Beijing."""
    return int(datetime.combine(day, time(), _BEIJING).timestamp())


def pieces(start: date, end: date) -> Iterator[tuple[int, int]]:
    """The days from `start` to `end`, both included, in spans that WeCom takes: midnights of
    the first and the last day of each.
    """
    while start <= end:
        last = min(end, start + STATISTICS_SPAN - _DAY)
        yield midnight(start), midnight(last)
        start = last + _DAY


def one_piece(start: date, end: date) -> tuple[int, int]:
    """As `pieces`, for figures that cannot be added up; ValueError for more than 30 days."""
    found = list(pieces(start, end))
    if len(found) != 1:
        raise ValueError(f"from 1 to {STATISTICS_SPAN.days} days, not {start} to {end}")
    return found[0]


def day(record: Json, key: str) -> date:
    """The unix second under `key` as a day in Beijing."""
    return datetime.fromtimestamp(number(record, key), _BEIJING).date()
