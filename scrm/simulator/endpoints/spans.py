"""Spans of whole days that statistics are asked for (统计时间)."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.errors import ApiError

DAY = 86_400
_BEIJING = 8 * 3600
_MOST_DAYS, _FARTHEST_DAYS = 30, 180


def midnight(second: int) -> int:
    """The midnight in Beijing that this second's day began with."""
    return second - (second + _BEIJING) % DAY


def span(corp: Corp, ask: Ask, first: str, last: str) -> range:
    """The midnights from one field to another, both included; 40058 outside WeCom's window.

    At most 30 days, none more than 180 days ago. `last` may be missing: then it is one day.
    """
    start = midnight(ask.number(first))
    end = midnight(ask.number(last, start))
    today = midnight(corp.clock.timestamp())
    days = (end - start) // DAY + 1
    if not 1 <= days <= _MOST_DAYS or start < today - _FARTHEST_DAYS * DAY:
        raise ApiError(40058, f"invalid {first} or {last}")
    return range(start, end + 1, DAY)
