"""How often the callback address met something odd, by day (回调计数). Figures, not truth.

Kept in Redis for a good week; without Redis nothing is counted and nothing fails.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from scrm.ratelimit.store import RedisError, client

_KEY = "wecom:callback:counts"
_KEPT = timedelta(days=9)


class Count(StrEnum):
    """What is counted: `repeated` within WeCom's own retries, `replayed` long after."""

    SKEWED = "skewed"
    REPEATED = "repeated"
    REPLAYED = "replayed"
    FORGED = "forged"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"


def count(what: Count, *, now: datetime) -> None:
    """One more today."""
    key = _key(now)
    with suppress(RedisError):
        pipe = client().pipeline(transaction=False)
        pipe.hincrby(key, what.value, 1)
        pipe.expire(key, _KEPT)
        pipe.execute()


def recent(*, now: datetime, days: int = 7) -> dict[Count, int]:
    """The sums of today and the days before; zeros when Redis cannot be asked."""
    sums = dict.fromkeys(Count, 0)
    with suppress(RedisError):
        pipe = client().pipeline(transaction=False)
        for back in range(days):
            pipe.hgetall(_key(now - timedelta(days=back)))
        for day in pipe.execute():
            for name, number in day.items():
                if name.decode() in sums:
                    sums[Count(name.decode())] += int(number)
    return sums


def _key(now: datetime) -> str:
    return f"{_KEY}:{timezone.localtime(now):%Y%m%d}"
