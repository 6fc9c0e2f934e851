"""Durations counted by the database, in the shape survival curves are made from."""

from __future__ import annotations

from collections.abc import Iterable

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
