"""Survival curves of segments beside that of all customers (分人群生存曲线).

Segments overlap, with each other and with everybody, so no one test can be made over all of them.
Each is tested against all others: who is in it, and who is not. Of k segments each p-value is
multiplied by k (Bonferroni), so that choosing many does not make differences out of chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics.metrics.errors import NotEnoughData
from analytics.metrics.group_curves import LEAST_PEOPLE, GroupCurve, compare_groups
from analytics.metrics.survival import Durations, LogRank, log_rank


@dataclass(frozen=True)
class Beside:
    """One line: `curve` has no shares with fewer than LEAST_PEOPLE; `test` is against all others,
    None for everybody and where nothing can be tested.
    """

    curve: GroupCurve
    test: LogRank | None = None


def others(whole: Durations, part: Durations) -> Durations:
    """Who is in `whole` and not in `part`.

    Counts stop at 0: where the two were read some minutes apart, somebody may have moved on a day.
    """
    time = np.union1d(whole.time, part.time)
    events, censored = (
        np.maximum(_at(whole, name, time) - _at(part, name, time), 0)
        for name in ("events", "censored")
    )
    anybody = (events + censored) > 0
    return Durations(time[anybody], events[anybody], censored[anybody])


def beside(
    whole: tuple[str, Durations],
    segments: Sequence[tuple[str, Durations]],
    *,
    milestones: Sequence[int],
) -> list[Beside]:
    """Everybody first, then each segment, in the order given."""
    return [
        Beside(_curve(*whole, milestones)),
        *(
            Beside(_curve(name, found, milestones), _test(whole[1], found, len(segments)))
            for name, found in segments
        ),
    ]


def _at(durations: Durations, name: str, time: np.ndarray) -> np.ndarray:
    found = np.zeros(len(time), dtype=np.int64)
    found[np.searchsorted(time, durations.time)] = getattr(durations, name)
    return found


def _curve(name: str, durations: Durations, milestones: Sequence[int]) -> GroupCurve:
    compared = compare_groups({name: durations}, milestones=milestones).groups
    if compared:
        return compared[0]
    people = int(durations.events.sum() + durations.censored.sum())
    return GroupCurve(name, people, int(durations.events.sum()), (None,) * len(milestones))


def _test(whole: Durations, part: Durations, tests: int) -> LogRank | None:
    rest = others(whole, part)
    if any((d.events.sum() + d.censored.sum()) < LEAST_PEOPLE for d in (part, rest)):
        return None
    try:
        found = log_rank([part, rest])
    except NotEnoughData:
        return None
    return replace(found, p_value=min(found.p_value * tests, 1.0))
