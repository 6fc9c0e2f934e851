"""Ratios for people: no denominator, no figure."""

from __future__ import annotations

from math import isfinite


def ratio(part: float, whole: float) -> float | None:
    """`part` ÷ `whole`, None when there is nothing to divide by."""
    return part / whole if whole else None


def known(value: float) -> float | None:
    """The value, None for NaN and infinity, which neither a page nor JSON can show."""
    return float(value) if isfinite(value) else None
