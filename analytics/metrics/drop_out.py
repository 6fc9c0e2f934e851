"""Repeat buying with geometric drop-out: what BG/NBD and MBG/NBD share.

A customer orders at a rate λ ~ Gamma(r, α) and leaves for good, unseen, with probability
p ~ Beta(a, b) at each chance to leave. In BG/NBD every repeat order is such a chance, in MBG/NBD
the first order is one as well; that single count, k = x + `first_chance`, is all they differ in:

    L = Γ(r+x)/Γ(r) · α^r · B(a, b+k)/B(a, b)
        · [ (α+T)^−(r+x) + 1{k>0} · a/(b+k−1) · (α+t_x)^−(r+x) ]

Notation of the papers; x, t_x and T are explained at `History`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import betaln, expit, gammaln

from analytics.metrics.arrays import Floats, Numbers, distinct, distinct_pairs, floats
from analytics.metrics.drop_out_likelihood import Likelihood
from analytics.metrics.expectation import at_least_if_alive, orders_if_alive
from analytics.metrics.history import History
from analytics.metrics.maximum import Fit, estimate

_STARTS = ((0.3, 0.8, 2.5), (1.0, 0.5, 5.0), (3.0, 0.1, 5.0), (1.0, 5.0, 5.0), (10.0, 0.5, 20.0))
# r, a and b; α has the same range in multiples of the mean time watched.
_LEAST, _MOST = 1e-4, 1e4
# Somebody who placed the first order just now.
NEW_CUSTOMER = History([0.0], [0.0], [0.0])


class Parameters(NamedTuple):
    """r and α of the order rate (α in the unit of time), a and b of the drop-out probability."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class DropOutModel:
    """BG/NBD (`first_chance` 0) or MBG/NBD (`first_chance` 1)."""

    name: str
    first_chance: int

    def fit(self, history: History) -> Fit[Parameters]:
        """Maximum-likelihood estimate.

        Raises ValueError for arrays that are no purchase history, and NotEnoughData when nobody
        ever bought again: then the likelihood has no maximum.
        """
        x, t_x, T = history.usable()  # noqa: N806
        scale = np.array([1.0, float(np.mean(T)), 1.0, 1.0])
        rate = float(np.sum(x) / np.sum(T))
        return estimate(
            lambda n: Likelihood.of(x[::n], t_x[::n], T[::n], self.first_chance),
            Parameters,
            customers=len(x),
            starts=[np.array([r, r / rate, a, b]) for r, a, b in _STARTS],
            lower=_LEAST * scale,
            upper=_MOST * scale,
        )

    def log_likelihood(self, parameters: Parameters, history: History) -> Floats:
        """The log-likelihood of each customer, finite however long the history."""
        r, alpha, a, b = parameters
        x, t_x, T = history.arrays()  # noqa: N806
        chances = x + self.first_chance
        still = -(r + x) * np.log(alpha + T)
        left = self._log_odds_of_last(parameters, x) - (r + x) * np.log(alpha + t_x)
        known = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + chances)
        return np.asarray(known - betaln(a, b) + np.logaddexp(still, left), dtype=np.float64)

    def p_alive(self, parameters: Parameters, history: History) -> Floats:
        """The probability that a customer has not left yet."""
        x, t_x, T = history.arrays()  # noqa: N806
        silence = np.log((parameters.alpha + T) / (parameters.alpha + t_x))
        odds_of_leaving = self._log_odds_of_last(parameters, x) + (parameters.r + x) * silence
        return np.asarray(expit(-odds_of_leaving), dtype=np.float64)

    def expected_orders(self, parameters: Parameters, t: Numbers) -> Floats:
        """E[X(t)]: repeat orders of a new customer within `t` of the first order."""
        times = floats(t)
        nothing = np.zeros(times.size)
        alive = self._orders_if_alive(parameters, nothing, nothing, times.ravel())
        return (alive * self.p_alive(parameters, NEW_CUSTOMER)).reshape(times.shape)

    def conditional_orders(self, parameters: Parameters, history: History, *, t: float) -> Floats:
        """E[Y(t) | x, t_x, T]: orders of each customer in the time `t` after the end of T."""
        return self.discounted_orders(parameters, history, horizon=t, period=t, discount=0.0)

    def discounted_orders(
        self,
        parameters: Parameters,
        history: History,
        *,
        horizon: float,
        period: float,
        discount: float,
    ) -> Floats:
        """Σ_k (E[Y(kδ)] − E[Y((k−1)δ)]) / (1+d)^k over `horizon` in periods of length δ.

        `discount` is d per period; a last period cut short by the horizon counts as a whole one.
        """
        orders, watched, where = distinct_pairs(history.x, history.T)
        total, before = np.zeros_like(orders), np.zeros_like(orders)
        for k in range(1, int(np.ceil(horizon / period - 1e-9)) + 1):
            until = np.full_like(orders, min(k * period, horizon))
            reached = self._orders_if_alive(parameters, orders, watched, until)
            total += (reached - before) / (1 + discount) ** k
            before = reached
        return np.asarray(total[where] * self.p_alive(parameters, history), dtype=np.float64)

    def at_least(self, parameters: Parameters, n: int, history: History, *, t: float) -> Floats:
        """P(Y(t) ≥ n | x, t_x, T) for `n` ≥ 1: the chance of n more orders in the time `t`."""
        orders, watched, where = distinct_pairs(history.x, history.T)
        tail = at_least_if_alive(n, *self._while_alive(parameters, orders, watched, t))
        return np.asarray(tail[where] * self.p_alive(parameters, history), dtype=np.float64)

    def orders_quantile(
        self, parameters: Parameters, history: History, *, t: float, chance: float
    ) -> Floats:
        """The least y with P(Y(t) ≤ y) ≥ `chance`, for each customer.

        Two of them make a prediction interval. It knows the chance in each customer's behaviour,
        not the error of the parameters.
        """
        orders, watched, where = distinct_pairs(history.x, history.T)
        alive = self.p_alive(parameters, history)
        quantile = np.zeros_like(alive)
        rows, y = np.arange(alive.size), 0
        while rows.size:
            y += 1
            needed, spread = distinct(where[rows])
            pairs = needed.astype(np.int64)
            tail = at_least_if_alive(
                y, *self._while_alive(parameters, orders[pairs], watched[pairs], t)
            )
            rows = rows[alive[rows] * tail[spread] > 1 - chance]
            quantile[rows] = y
        return quantile

    def _log_odds_of_last(self, parameters: Parameters, x: Floats) -> Floats:
        """ln a/(b+k−1), the prior odds that the latest chance to leave was taken; −∞ for k = 0."""
        chances = x + self.first_chance
        odds = np.log(parameters.a) - np.log(parameters.b + np.maximum(chances, 1) - 1)
        return np.where(chances > 0, odds, -np.inf)

    def _while_alive(
        self, parameters: Parameters, orders: Floats, watched: Floats, t: float | Floats
    ) -> tuple[Floats, float, Floats, Floats]:
        """Shape, a, b and t/(α+T) of customers known to be alive at the end of T."""
        r, alpha, a, b = parameters
        return r + orders, a, b + orders + self.first_chance, t / (alpha + watched)

    def _orders_if_alive(
        self, parameters: Parameters, orders: Floats, watched: Floats, t: Floats
    ) -> Floats:
        return orders_if_alive(*self._while_alive(parameters, orders, watched, t))
