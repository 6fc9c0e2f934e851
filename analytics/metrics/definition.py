"""What is said of a figure wherever it is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One figure: `formula` in words, `source` it is read from, what it cannot say in `limits`."""

    key: str
    title: str
    formula: str
    source: str
    limits: str = ""
