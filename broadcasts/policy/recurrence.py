"""When a recurring broadcast is due (周期群发排期)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rhythm:
    """`every` day | week | month; `weekdays` are 1 (Monday) to 7, `day` is of the month, and its
    last one where the month is shorter. The window is from `opens` to `closes` of the same day.
    """

    zone: ZoneInfo
    every: str
    opens: time
    closes: time
    weekdays: frozenset[int] = field(default_factory=frozenset)
    day: int | None = None

    def falls_on(self, day: date) -> bool:
        if self.every == "week":
            return day.isoweekday() in self.weekdays
        if self.every == "month":
            return day.day == min(self.day or 1, monthrange(day.year, day.month)[1])
        return True

    def closes_at(self, opens_at: datetime) -> datetime:
        """When the window that opens then closes."""
        return datetime.combine(opens_at.astimezone(self.zone).date(), self.closes, self.zone)


def next_after(rhythm: Rhythm, moment: datetime) -> datetime:
    """The first time it is due after `moment`. Raises ValueError for a rhythm without days."""
    if rhythm.every == "week" and not rhythm.weekdays:
        raise ValueError("no weekday")
    return next(due for due in _from(rhythm, moment) if due > moment)


def due_until(rhythm: Rhythm, first: datetime, now: datetime) -> list[datetime]:
    """Every time it was due from `first`, itself a time it is due, until `now`."""
    found = [first]
    for due in _from(rhythm, first):
        if due > now:
            break
        if due > first:
            found.append(due)
    return found


def _from(rhythm: Rhythm, moment: datetime) -> Iterator[datetime]:
    day = moment.astimezone(rhythm.zone).date()
    while True:
        if rhythm.falls_on(day):
            yield datetime.combine(day, rhythm.opens, rhythm.zone)
        day += _DAY
