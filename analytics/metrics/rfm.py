"""RFM scores 1–5: recency, frequency and money cut at quintiles of the shop (Hughes).

Cut points are inverted-CDF quantiles, so equal values always share a score; scores may therefore
be unevenly filled, or some stay empty, when many customers tie (most have bought once).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Floats, Numbers, Whole, floats
from analytics.metrics.errors import NotEnoughData

SCORES = 5


@dataclass(frozen=True)
class CutPoints:
    """Four ascending values each; to be stored, because scores are derived when read."""

    recency_days: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary: tuple[float, ...]


@dataclass(frozen=True)
class Scores:
    """Per customer, 5 is best: bought most recently, most often, for most money."""

    recency: Whole
    frequency: Whole
    monetary: Whole


def quintiles(values: Numbers) -> tuple[float, ...]:
    """The 20, 40, 60 and 80 % inverted-CDF quantiles; NotEnoughData without values."""
    numbers: Floats = floats(values)
    if not numbers.size:
        raise NotEnoughData("RFM cut points need at least one customer with an order")
    shares = np.arange(1, SCORES) / SCORES
    return tuple(float(cut) for cut in np.quantile(numbers, shares, method="inverted_cdf"))


def cut_points(*, recency_days: Numbers, frequency: Numbers, monetary: Numbers) -> CutPoints:
    """Cut points of one shop: days since the last purchase, purchase days, net spend."""
    return CutPoints(quintiles(recency_days), quintiles(frequency), quintiles(monetary))


def scores(
    cuts: CutPoints, *, recency_days: Numbers, frequency: Numbers, monetary: Numbers
) -> Scores:
    """The scores of customers under stored cut points."""
    return Scores(
        recency=SCORES - np.searchsorted(cuts.recency_days, floats(recency_days), side="left"),
        frequency=1 + np.searchsorted(cuts.frequency, floats(frequency), side="left"),
        monetary=1 + np.searchsorted(cuts.monetary, floats(monetary), side="left"),
    )
