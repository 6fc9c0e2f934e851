"""What won customers bring by age, and when they have paid for their winning (CAC, 回本).

Customers of one source come on many days, so the old ones are watched longer than the young.
Nelson's mean cumulative function uses each exactly as long as she is watched:

    M(t) = Σ_{k ≤ t} y(k) / n(k)

with y(k) the money brought at the age of k days by all, n(k) how many are that old or older. With
everybody watched throughout it is the plain mean. Payback is the first age at which margin · M(t)
reaches what one customer cost. Where fewer than a tenth are still watched, M rests on too few and
is not drawn.

    CAC = cost ÷ customers won,    ROI = (margin · net revenue − cost) ÷ cost

Source: W. Nelson, Graphical analysis of system repair data, Journal of Quality Technology 20, 1988.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Floats, Whole

LEAST_SHARE_WATCHED = 0.1


@dataclass(frozen=True)
class ValueByAge:
    """Per customer: `value` brought by the end of each `age` in days, 0 the first; fen.

    `watched` are the customers that old or older.
    """

    age: Whole
    watched: Whole
    value: Floats

    def payback_day(self, cost_per_customer: float, *, margin: float) -> int | None:
        """The first age at which margin · value reaches the cost; None when not yet."""
        if not len(self.age):
            return None
        # Sums of divided fen may end a hair below a cost they reach exactly.
        reached = np.flatnonzero(margin * self.value >= cost_per_customer * (1 - 1e-12))
        return int(self.age[reached[0]]) if len(reached) else None


def value_by_age(brought: Mapping[int, int], won: Mapping[int, int]) -> ValueByAge:
    """From fen by age, and customers by how many days ago they were won (0 is today)."""
    everybody = sum(won.values())
    if not everybody:
        return ValueByAge(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    oldest = max(won)
    came = np.zeros(oldest + 1, dtype=np.int64)
    for ago, how_many in won.items():
        came[ago] += how_many
    watched = came[::-1].cumsum()[::-1]
    watched = watched[watched >= max(1.0, LEAST_SHARE_WATCHED * everybody)]
    money = np.array([brought.get(age, 0) for age in range(len(watched))], dtype=np.float64)
    return ValueByAge(
        age=np.arange(len(watched)),
        watched=np.asarray(watched, dtype=np.int64),
        value=np.cumsum(money / watched),
    )


def return_on(earned: float, cost: float) -> float | None:
    """ROI: (earned − cost) ÷ cost; None without a cost."""
    return (earned - cost) / cost if cost > 0 else None
