"""Whom to save today (流失预警): what would be lost if she left, and the most of it per staff.

Two kinds of churn, never added up; a customer is alerted for the one that costs more.

- She stops buying: with p = P(alive) and V = what a customer of her history brings in a year if
  she is still there (expected value ÷ p), the expected loss is (1 − p) · V. Only who shows a sign
  counts (gap above 1.5 times her own usual one, or above the shop's 80 % quantile), and only who
  may still be saved: gap within the shop's 95 % quantile and p ≥ 5 %.
- She unfriends: her kind's chance of it within 30 days times the value expected of her.

Each condition stands here twice, for arrays and in SQL over columns of the same names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Flags, Floats, Whole
from analytics.metrics.churn_reasons import OVERDUE

# Nobody is called late within two weeks of an order, however quick her rhythm.
LEAST_GAP = 14
# Below this a customer is a case for winning back, and no warning is early any more.
LEAST_ALIVE = 0.05

SIGN_SQL = f"(gap >= {LEAST_GAP} AND (gap > {OVERDUE} * usual OR gap > %(silent_days)s))"
GONE_SQL = f"(gap > %(lost_days)s OR p_alive < {LEAST_ALIVE})"
LOSS_SQL = f"((1 - p_alive) * value / greatest(p_alive, {LEAST_ALIVE}))"


@dataclass(frozen=True)
class Buyers:
    """One entry a customer: days since her last purchase day, the mean days between her purchase
    days (NaN for one-time buyers), P(alive), revenue expected in the next 365 days (fen).
    """

    gap: Whole
    usual: Floats
    p_alive: Floats
    value: Floats

    @property
    def worth(self) -> Floats:
        """The value at stake: what the next year brings if she is still there."""
        return np.asarray(self.value / np.maximum(self.p_alive, LEAST_ALIVE), dtype=np.float64)

    @property
    def loss(self) -> Floats:
        """The value expected to be lost by her having stopped buying."""
        return np.asarray((1 - self.p_alive) * self.worth, dtype=np.float64)

    def has_sign(self, silent_days: int) -> Flags:
        with np.errstate(invalid="ignore"):
            is_overdue = self.gap > OVERDUE * self.usual
        late = is_overdue | (self.gap > silent_days)
        return np.asarray((self.gap >= LEAST_GAP) & late, dtype=np.bool_)

    def is_gone(self, lost_days: int) -> Flags:
        return np.asarray((self.gap > lost_days) | (self.p_alive < LEAST_ALIVE), dtype=np.bool_)


def top_per_staff(staff: Whole, score: Floats, budget: int | Whole) -> Flags:
    """Marks the `budget` best scores of each staff member; of equal ones the first.

    An array of budgets says with each entry how many its staff member may get.
    """
    order = np.lexsort((np.arange(len(score)), -score, staff))
    begins = np.flatnonzero(np.diff(staff[order], prepend=staff[order][:1] - 1))
    place = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    chosen = np.zeros(len(score), dtype=np.bool_)
    chosen[order[place < np.broadcast_to(budget, len(order))[order]]] = True
    return chosen
