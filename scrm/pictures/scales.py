"""Axes of a drawn chart: round numbers, and how a value is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, isfinite, log10
from typing import Any

from scrm.console.templatetags.console import NOTHING, number, percent, yuan

_STEPS = (1, 2, 2.5, 5, 10)


def ticks(least: float, most: float, *, wanted: int = 5, is_whole: bool = False) -> list[float]:
    """Round numbers from at most `least` to at least `most`; none between two whole ones where
    there is nothing to count.
    """
    if not most > least:
        most = least + 1
    rough = (most - least) / wanted
    power = 10.0 ** floor(log10(rough))
    steps = [part * power for part in _STEPS if part * power >= rough * (1 - 1e-9)]
    step = next((one for one in steps if one.is_integer()), 1.0) if is_whole else steps[0]
    first, last = floor(least / step + 1e-9), ceil(most / step - 1e-9)
    return [place * step for place in range(first, last + 1)]


def extent(values: Sequence[Any], *, with_zero: bool = True) -> tuple[float, float]:
    """The least and the most of the finite ones; 0 and 1 of none."""
    known = [float(value) for value in values if value is not None and isfinite(float(value))]
    if with_zero:
        known.append(0.0)
    if not known:
        return 0.0, 1.0
    return min(known), max(known) if max(known) > min(known) else min(known) + 1


def writer(formatter: str) -> Callable[[float], str]:
    """What the page's charts do with a formatter of this name."""
    return _WRITERS.get(formatter, _plain)


def _fen(value: float) -> str:
    return _yuan(value / 100)


def _yuan(value: float) -> str:
    if abs(value) >= 1_000 or value == round(value):
        sign = "-" if value < 0 else ""
        return f"{sign}¥{abs(value):,.0f}"
    return yuan(round(value * 100))


def _percent(value: float) -> str:
    return percent(value, 3 if 0 < abs(value) < 0.001 else 1)


def _integer(value: float) -> str:
    return number(value, 0)


def _plain(value: float) -> str:
    return NOTHING if not isfinite(value) else f"{value:,.4g}"


_WRITERS: dict[str, Callable[[float], str]] = {
    "@fen": _fen,
    "@yuan": _yuan,
    "@percent": _percent,
    "@integer": _integer,
}
