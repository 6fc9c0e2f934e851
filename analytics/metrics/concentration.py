"""How unevenly revenue comes from customers (帕累托): shares of the best, and Gini's index.

The share of the best k % is read from the values themselves, no model. Gini's index is 0 where all
bring the same and near 1 where one brings all: G = Σ (2i − n − 1) v_i / (n Σ v), v ascending.

Source: C. Gini, Variabilità e mutabilità, 1912. Cannot say why: old customers have had more time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Floats, Numbers, floats

STEPS = 20


@dataclass(frozen=True)
class Concentration:
    """`share[k]` of the sum comes from the best `customers[k]` (both shares, ascending).

    `gini` is None, and the shares are empty, where there is nobody or the sum is not above 0.
    """

    customers: tuple[float, ...]
    share: tuple[float, ...]
    gini: float | None

    def of_best(self, part: float) -> float | None:
        """The share of the best `part` of the customers, at the nearest step that holds them."""
        for customers, share in zip(self.customers, self.share, strict=True):
            if customers >= part - 1e-9:
                return share
        return None


def concentration(values: Numbers, *, steps: int = STEPS) -> Concentration:
    """Of one value a customer; values below 0 count as 0, for nobody can take back from others."""
    found: Floats = np.sort(np.maximum(floats(values), 0.0))
    total = float(found.sum())
    if not found.size or total <= 0:
        return Concentration((), (), None)
    n = found.size
    summed = np.concatenate([[0.0], np.cumsum(found[::-1])]) / total
    parts = np.arange(1, steps + 1) / steps
    ranks = np.arange(1, n + 1)
    return Concentration(
        customers=tuple(float(part) for part in parts),
        share=tuple(float(summed[int(np.ceil(part * n - 1e-9))]) for part in parts),
        gini=float(np.sum((2 * ranks - n - 1) * found) / (n * total)),
    )
