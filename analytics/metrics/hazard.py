"""Hazard of an ending by age (风险率): of those still there, how many end each day.

    h = d / person-days,  the ends seen in an interval of ages ÷ the days its people were watched in it

with the exact Poisson interval (Garwood): χ²_{α/2}(2d)/2 and χ²_{1−α/2}(2d+2)/2 over person-days.
A survival curve shows how many are left, the hazard shows *when* they go: the first days after the
adding, or long afterwards. Bands of ages grow wider, because late ends are few.

Source: F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28, 1936.
Assumes a steady risk inside a band, and that being censored has nothing to do with the risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import chi2

from analytics.metrics.survival import Durations

# First days of the bands, in days since the start; the last band is open.
BANDS = (0, 1, 2, 3, 4, 5, 6, 7, 14, 30, 60, 90, 180, 365)


@dataclass(frozen=True)
class Band:
    """Ages from `first` to before `end` days (None: open). Rates are per person and day.

    Rates are None where nobody was watched at those ages.
    """

    first: int
    end: int | None
    person_days: float
    events: int
    rate: float | None
    low: float | None
    high: float | None


def hazard(
    durations: Durations, *, bands: Sequence[int] = BANDS, confidence: float = 0.95
) -> list[Band]:
    """One entry a band; durations are whole days, and a day begun counts as watched."""
    edges = [*(float(first) for first in bands), np.inf]
    people = (durations.events + durations.censored).astype(np.float64)
    watched = durations.time + 1
    found = []
    for first, end in pairwise(edges):
        within = (durations.time >= first) & (durations.time < end)
        spent = float(people @ np.clip(watched - first, 0, end - first))
        events = int(durations.events[within].sum())
        found.append(_band(first, end, spent, events, confidence))
    return found


def _band(first: float, end: float, spent: float, events: int, confidence: float) -> Band:
    last = None if np.isinf(end) else int(end)
    if not spent:
        return Band(int(first), last, 0.0, events, None, None, None)
    tail = (1 - confidence) / 2
    low = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    high = float(chi2.ppf(1 - tail, 2 * events + 2)) / 2
    return Band(int(first), last, spent, events, events / spent, low / spent, high / spent)
