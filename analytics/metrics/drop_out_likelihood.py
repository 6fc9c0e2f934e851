"""The log-likelihood of the geometric drop-out models with its gradient, summed quickly.

Γ-terms depend on x alone and are summed over the distinct x. One-time buyers differ only in T
and are merged by it. What is left per row is one log-ratio and one logistic term.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from analytics.metrics.arrays import Floats, Whole, distinct, inner


@dataclass(frozen=True)
class Likelihood:
    """A purchase history made ready: rows carry a weight, `orders[index]` is a row's x."""

    orders: Floats
    index: Whole
    weight: Floats
    last: Floats
    watched: Floats
    of_orders: Floats
    first_chance: int

    @classmethod
    def of(cls, x: Floats, t_x: Floats, T: Floats, first_chance: int) -> Likelihood:  # noqa: N803
        """From x, t_x and T per customer."""
        again = x > 0
        ages, which = distinct(T[~again])
        orders, index = distinct(np.concatenate([np.zeros(len(ages)), x[again]]))
        weight = np.concatenate([np.bincount(which, minlength=len(ages)), np.ones(again.sum())])
        return cls(
            orders=orders,
            index=index,
            weight=weight,
            last=np.concatenate([np.zeros(len(ages)), t_x[again]]),
            watched=np.concatenate([ages, T[again]]),
            of_orders=np.bincount(index, weights=weight).astype(np.float64),
            first_chance=first_chance,
        )

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        """Log-likelihood and gradient at (r, α, a, b)."""
        r, alpha, a, b = (float(value) for value in point)
        value, slope = self._counts(r, alpha, a, b)
        rows_value, rows_slope = self._rows(r, alpha, a, b)
        return value + rows_value, slope + rows_slope

    def _counts(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats]:
        """The factors that know only x: Γ(r+x)/Γ(r) · α^r · B(a, b+k)/B(a, b)."""
        x, n, k = self.orders, self.of_orders, self.orders + self.first_chance
        customers = float(n.sum())
        value = n @ (gammaln(r + x) + gammaln(b + k) - gammaln(a + b + k)) + customers * (
            r * np.log(alpha) - gammaln(r) - gammaln(b) + gammaln(a + b)
        )
        of_all = n @ psi(a + b + k) - customers * psi(a + b)
        return float(value), np.array(
            [
                n @ psi(r + x) + customers * (np.log(alpha) - psi(r)),
                customers * r / alpha,
                -of_all,
                n @ psi(b + k) - customers * psi(b) - of_all,
            ]
        )

    def _rows(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats]:
        """ln[(α+T)^−(r+x) + 1{k>0} · a/(b+k−1) · (α+t_x)^−(r+x)], weighted and summed."""
        chances = self.orders + self.first_chance
        with np.errstate(divide="ignore"):
            prior = np.where(
                chances > 0, np.log(a) - np.log(b + np.maximum(chances, 1) - 1), -np.inf
            )
        shape = (r + self.orders)[self.index]
        end, last = alpha + self.watched, alpha + self.last
        log_end = np.log(end)
        ratio = log_end - np.log(last)
        odds = prior[self.index] + shape * ratio
        small = np.exp(-np.abs(odds))
        value = inner(self.weight, np.maximum(odds, 0) + np.log1p(small) - shape * log_end)
        left = self.weight * np.where(odds > 0, 1.0, small) / (1 + small)
        left_by_orders = np.bincount(self.index, weights=left)
        drop = 1 / end
        return value, np.array(
            [
                inner(left, ratio) - inner(self.weight, log_end),
                inner(left, shape * (drop - 1 / last)) - inner(self.weight, shape * drop),
                left.sum() / a,
                -(left_by_orders[chances > 0] @ (1 / (b + chances[chances > 0] - 1))),
            ]
        )
