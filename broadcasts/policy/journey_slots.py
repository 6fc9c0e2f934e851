"""When the messages of journeys go out (旅程合批): everybody who comes within a slot shares one. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from broadcasts.policy.quiet_hours import next_quiet, quiet_until
from broadcasts.policy.terms import Terms

# Staff need some time to confirm before the quiet hours take it back.
SHORTEST_WINDOW = timedelta(minutes=60)
LONGEST_WINDOW = timedelta(hours=14)
# Before and after the lunch break.
_OPENINGS_A_DAY = 2


def slot_of(terms: Terms, due_at: datetime, now: datetime, *, length: timedelta) -> datetime:
    """When the message of somebody who was due at `due_at` goes out: the end of her slot, or when
    the quiet hours are over. A slot that is over at `now` by more than its length is not used.

    Slots are counted from local midnight; whoever is due at the very end of one is in it.
    """
    return _opening(terms, _end_of_slot(terms, max(due_at, now - length), length))


@lru_cache(maxsize=64)
def _opening(terms: Terms, slot: datetime) -> datetime:
    """The first moment from `slot` on that leaves staff their time before the next silence. Many
    thousands who come at once ask of the same slot.
    """
    opens = quiet_until(terms, slot) or slot
    for _turn in range(_OPENINGS_A_DAY):
        quiet = next_quiet(terms, opens)
        if quiet is None or quiet - opens >= SHORTEST_WINDOW:
            break
        opens = quiet_until(terms, quiet) or quiet
    return opens


def window_end(terms: Terms, start: datetime) -> datetime:
    """Until when staff may send what goes out at `start`, outside the quiet hours."""
    latest = start + LONGEST_WINDOW
    return min(next_quiet(terms, start) or latest, latest)


def try_again_at(terms: Terms, now: datetime) -> datetime:
    """When to ask the governor again: its rules count by days, so in the morning of the next."""
    tomorrow = terms.day_start(now, days_back=-1)
    return quiet_until(terms, tomorrow) or tomorrow


def _end_of_slot(terms: Terms, at: datetime, length: timedelta) -> datetime:
    midnight = terms.day_start(at)
    slots = -((midnight - at) // length)
    return midnight + slots * length
