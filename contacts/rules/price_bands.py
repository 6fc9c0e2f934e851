"""Price bands (价格带): where one ends and the next begins. Pure."""

from __future__ import annotations

from collections.abc import Iterable

PARTS = 4
MOST_BANDS = 12


def quantile_bounds(prices: Iterable[tuple[int, int]], *, parts: int = PARTS) -> list[int]:
    """The prices at which the next band begins when each shall hold the same part of the units.

    `prices` are (price, units). Products of one price are never torn apart, so there are fewer
    bands where many units have one price.
    """
    told = sorted((price, units) for price, units in prices if units > 0)
    whole = sum(units for _price, units in told)
    bounds: list[int] = []
    below = filled = 0
    for price, units in told:
        # A price opens a band when those below it fill another part.
        parts_below = below * parts // whole
        if parts_below > filled and price not in bounds:
            bounds.append(price)
            filled = parts_below
        below += units
    return bounds
