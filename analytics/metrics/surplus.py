"""What groups of customers brought above what was expected of them (超出预期).

Expected values of a season or a trend that the models do not see are off for everybody alike, so
they are first scaled until all customers together come to what was realised. A group's surplus is
then Σ e with e = realised − scaled expected, its standard error (Σ e²)^½: customers are
independent of each other, and each tells her own spread. Below LEAST customers it is not judged.

Cannot say why: customers were not drawn into groups by lot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import numpy as np

from analytics.metrics.arrays import Numbers, floats

LEAST = 30
_Z = 1.959963984540054  # 95 %


class Standing(Enum):
    """What may be said of a surplus."""

    FEW = "few"
    ABOVE = "above"
    BELOW = "below"
    OPEN = "open"  # the interval covers 0


@dataclass(frozen=True)
class Surplus:
    """Sums over the customers of one group, in the unit of the values."""

    customers: int
    expected: float
    realised: float
    error: float

    @property
    def amount(self) -> float:
        return self.realised - self.expected

    @property
    def low(self) -> float:
        return self.amount - _Z * self.error

    @property
    def high(self) -> float:
        return self.amount + _Z * self.error

    @property
    def standing(self) -> Standing:
        if self.customers < LEAST:
            return Standing.FEW
        if self.low > 0:
            return Standing.ABOVE
        return Standing.BELOW if self.high < 0 else Standing.OPEN


def by_group(group: Numbers, *, expected: Numbers, realised: Numbers) -> Mapping[int, Surplus]:
    """One entry a group; the arrays have one entry a customer, groups are whole numbers ≥ 0."""
    wanted, came = floats(expected), floats(realised)
    total = float(wanted.sum())
    scaled = wanted * (float(came.sum()) / total) if total > 0 else wanted
    numbers, place = np.unique(np.asarray(group, dtype=np.int64), return_inverse=True)
    left = came - scaled
    sums = [
        np.bincount(place, weights=values, minlength=len(numbers))
        for values in (np.ones_like(came), scaled, came, left**2)
    ]
    return MappingProxyType(
        {
            int(number): Surplus(int(n), float(e), float(r), float(np.sqrt(squares)))
            for number, n, e, r, squares in zip(numbers, *sums, strict=True)
        }
    )
