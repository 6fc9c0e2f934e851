"""Survival curves of several groups side by side, and whether they differ (分组对比).

Each group with its share left after a few milestones (Kaplan–Meier, 95 %), and one log-rank test
over all of them. One test for all groups, not one for each pair, so that many groups do not make
differences out of chance. Groups are not drawn at random: staff and channels get other customers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.metrics.errors import NotEnoughData
from analytics.metrics.ratios import known
from analytics.metrics.survival import Durations, LogRank, kaplan_meier, log_rank

MILESTONES = (7, 30, 90)
# Fewer people than this make a curve that says nothing.
LEAST_PEOPLE = 30


@dataclass(frozen=True)
class Left:
    """The share still there after `days`, with its bounds (None where they do not exist)."""

    days: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class GroupCurve:
    """One group: people, ends seen, and what is left at each milestone anybody was watched to."""

    name: str
    people: int
    events: int
    left: tuple[Left | None, ...]


@dataclass(frozen=True)
class Comparison:
    """Groups, the most people first; `test` is None where nothing can be tested, for example with
    one group, or with none that ever ended."""

    groups: tuple[GroupCurve, ...]
    test: LogRank | None


def compare_groups(
    groups: Mapping[str, Durations], *, milestones: Sequence[int] = MILESTONES
) -> Comparison:
    """Groups with fewer than LEAST_PEOPLE are left out of everything."""
    sizes = {name: _people(found) for name, found in groups.items()}
    big = [name for name in groups if sizes[name] >= LEAST_PEOPLE]
    big.sort(key=lambda name: (-sizes[name], name))
    try:
        test = log_rank([groups[name] for name in big]) if len(big) > 1 else None
    except NotEnoughData:
        test = None
    return Comparison(tuple(_group(name, groups[name], milestones) for name in big), test)


def _group(name: str, durations: Durations, milestones: Sequence[int]) -> GroupCurve:
    curve = kaplan_meier(durations)
    longest = float(durations.time.max())
    left: list[Left | None] = []
    for days in milestones:
        if days > longest:
            left.append(None)
            continue
        step = int(np.searchsorted(curve.time, days, side="right")) - 1
        if step < 0:
            left.append(Left(days, 1.0, None, None))
        else:
            share, low, high = curve.survival[step], curve.lower[step], curve.upper[step]
            left.append(Left(days, float(share), known(float(low)), known(float(high))))
    return GroupCurve(name, _people(durations), int(durations.events.sum()), tuple(left))


def _people(durations: Durations) -> int:
    return int(durations.events.sum() + durations.censored.sum())
