"""The array types of the metrics, and values that repeat worked out once.

A million customers share a few dozen order counts and a few hundred ages, so special functions
are evaluated on the distinct values and spread out again by index.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Days: TypeAlias = npt.NDArray[np.datetime64]
Numbers: TypeAlias = npt.ArrayLike

# Up to this many slots a lookup table beats sorting; beyond it memory would be wasted.
_TABLE_SLOTS = 4_000_000
# Times are whole days counted in days or in weeks.
_SCALES = (1, 7)


def floats(values: Numbers) -> Floats:
    """The values as float64, without copying when they already are."""
    return np.asarray(values, dtype=np.float64)


def inner(left: Floats, right: Floats) -> float:
    """Σ left · right without BLAS, whose threads cost more than such a sum and starve neighbours."""
    return float(np.einsum("i,i->", left, right))


def distinct(values: npt.NDArray[Any]) -> tuple[Floats, Whole]:
    """The distinct values, ascending, with for each input its position among them.

    The same answer as `np.unique(values, return_inverse=True)`. Whole numbers, and times that
    are whole days counted in weeks, go through a table instead of a sort.
    """
    numbers = floats(values)
    for scale in _SCALES:
        slots = _slots(numbers, scale)
        if slots is not None:
            found, index = _tabulate(slots)
            return found / scale, index
    unique, index = np.unique(numbers, return_inverse=True)
    return unique, index


def distinct_pairs(first: Numbers, second: Numbers) -> tuple[Floats, Floats, Whole]:
    """The distinct (first, second) pairs, with for each input pair its position among them."""
    left, left_index = distinct(floats(first))
    right, right_index = distinct(floats(second))
    width = max(len(right), 1)
    code = left_index * width + right_index
    if len(left) * width <= _TABLE_SLOTS:
        found, index = _tabulate(code)
    else:
        found, index = np.unique(code, return_inverse=True)
    return left[found // width], right[found % width], index


def union(*ascending: Whole) -> Whole:
    """The numbers of all parts, each once and ascending.

    The same answer as `np.unique` of them together, without its table of hashes: the sort knows
    ascending runs and only merges them.
    """
    values = np.sort(np.concatenate(ascending), kind="stable")
    is_new = np.ones(len(values), dtype=np.bool_)
    is_new[1:] = values[1:] != values[:-1]
    return values[is_new]


def _slots(numbers: Floats, scale: int) -> Whole | None:
    """Non-negative integers that give back exactly `numbers` when divided by `scale`."""
    if numbers.size == 0 or not 0 <= numbers.min() <= numbers.max() < _TABLE_SLOTS / scale:
        return None
    slots = np.rint(numbers * scale).astype(np.int64)
    return slots if np.array_equal(slots / scale, numbers) else None


def _tabulate(slots: Whole) -> tuple[Whole, Whole]:
    present = np.zeros(int(slots.max(initial=-1)) + 1, dtype=np.bool_)
    present[slots] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[slots]
