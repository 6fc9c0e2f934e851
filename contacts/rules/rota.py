"""Who is on duty (值班) by a weekly plan; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time


@dataclass(frozen=True)
class Shift:
    """Staff ids that serve on these weekdays (0 is Monday) from `starts` to before `ends`.

    An end not after the start lies on the next day; equal ones make a whole day.
    """

    weekdays: frozenset[int]
    starts: time
    ends: time
    staff: tuple[int, ...]

    def covers(self, weekday: int, clock: time) -> bool:
        if self.starts < self.ends:
            return weekday in self.weekdays and self.starts <= clock < self.ends
        evening = weekday in self.weekdays and clock >= self.starts
        morning = (weekday - 1) % 7 in self.weekdays and clock < self.ends
        return evening or morning


def on_duty(shifts: Iterable[Shift], local: datetime) -> tuple[int, ...] | None:
    """Staff ids of all shifts that cover a moment of the business clock, None when none does."""
    covering = [shift for shift in shifts if shift.covers(local.weekday(), local.time())]
    if not covering:
        return None
    return tuple(dict.fromkeys(pk for shift in covering for pk in shift.staff))
