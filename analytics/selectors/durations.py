"""Durations counted by the database, in the shape survival curves are made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from analytics.metrics.survival import Durations


def durations(rows: Iterable[tuple[int, bool, int]]) -> Durations:
    """From rows of (days, whether the end was seen, how many)."""
    counted: dict[int, list[int]] = {}
    for days, ended, how_many in rows:
        counted.setdefault(days, [0, 0])[0 if ended else 1] += how_many
    times = sorted(counted)
    return Durations(
        time=np.array(times, dtype=np.float64),
        events=np.array([counted[day][0] for day in times], dtype=np.int64),
        censored=np.array([counted[day][1] for day in times], dtype=np.int64),
    )


def counted_durations(
    days: Sequence[int], ended: Sequence[int], censored: Sequence[int]
) -> Durations:
    """From one entry a number of days, in any order."""
    order = np.argsort(days)
    return Durations(
        time=np.array(days, dtype=np.float64)[order],
        events=np.array(ended, dtype=np.int64)[order],
        censored=np.array(censored, dtype=np.int64)[order],
    )


def together(groups: Sequence[Durations]) -> Durations:
    """Several groups as one; of none nobody."""
    if not groups:
        return durations(())
    time, place = np.unique(np.concatenate([each.time for each in groups]), return_inverse=True)
    events, censored = np.zeros((2, len(time)), dtype=np.int64)
    np.add.at(events, place, np.concatenate([each.events for each in groups]))
    np.add.at(censored, place, np.concatenate([each.censored for each in groups]))
    return Durations(time, events, censored)
