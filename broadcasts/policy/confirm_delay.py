"""When a staff member will probably confirm (预计完成), from how long she took before.

Assumption: she takes as long as she took for her own earlier tasks. Her history is a list of
delays `d` (from the task's arrival to her confirmation) and the number `n` of tasks that she let
pass. A task that has waited for `w` already is compared only with those that waited longer:

    remaining history  H(w) = {d : d > w} and n times "never"
    predicted delay    the lower median of H(w), with "never" after every delay

This is the median of the empirical distribution under the condition that it exceeds `w`; it needs
no shape of the distribution. With fewer than `ENOUGH` tasks in all, or fewer than `ENOUGH_LONGER`
in H(w), nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ENOUGH = 5
ENOUGH_LONGER = 3


@dataclass(frozen=True)
class History:
    """One staff member's past tasks: how long she took, and how many she never confirmed."""

    delays: Sequence[timedelta] = ()
    never: int = 0


@dataclass(frozen=True)
class Forecast:
    """`at` is when she will probably confirm. Without it: `is_doubtful` says that most tasks
    which waited as long were never confirmed; else her history is too thin to say.
    """

    at: datetime | None = None
    is_doubtful: bool = False


UNKNOWN = Forecast()


def forecast(history: History, *, since: datetime, now: datetime) -> Forecast:
    """For a task that reached her at `since` and is open at `now`."""
    if len(history.delays) + history.never < ENOUGH:
        return UNKNOWN
    longer = sorted(delay for delay in history.delays if delay > now - since)
    remaining = len(longer) + history.never
    if remaining < ENOUGH_LONGER:
        return UNKNOWN
    middle = (remaining - 1) // 2
    return Forecast(since + longer[middle]) if middle < len(longer) else Forecast(is_doubtful=True)
