"""Back-test: what a model expected of the hold-out, what happened, and what naivety would say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Floats
from analytics.metrics.history import History


@dataclass(frozen=True)
class HoldOut:
    """Repeat purchases in the hold-out: totals over customers and mean absolute errors per one."""

    periods: float
    actual_repeat: float
    expected_repeat: float
    mae: float
    naive_mae: float

    @property
    def bias(self) -> float:
        """How far the expected total is off, as a share of the actual one (NaN if nobody came)."""
        if not self.actual_repeat:
            return float("nan")
        return self.expected_repeat / self.actual_repeat - 1


def compare(*, actual: Floats, expected: Floats, history: History, periods: float) -> HoldOut:
    """One entry per customer known at the end of calibration; `periods` is the hold-out's length.

    The naive forecast goes on at the customer's own rate, x/T · periods (0 for T = 0).
    """
    x, _, watched = history.arrays()
    rate = np.divide(x, watched, out=np.zeros_like(x), where=watched > 0)
    return HoldOut(
        periods=periods,
        actual_repeat=float(actual.sum()),
        expected_repeat=float(expected.sum()),
        mae=float(np.mean(np.abs(actual - expected))),
        naive_mae=float(np.mean(np.abs(actual - rate * periods))),
    )
