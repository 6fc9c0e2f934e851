"""Gamma-Gamma: what a repeat order of a customer is worth (Fader, Hardie 2013, note 025).

Orders of one customer vary as Gamma(p, ν) around a mean that differs between customers with
ν ~ Gamma(q, v). The density of the mean z of x repeat values:

    f(z | x) = Γ(px+q)/(Γ(px) Γ(q)) · v^q · x^(px) · z^(px−1) / (v + x z)^(px+q)

Assumes that what people spend does not depend on how often they buy. The first purchase must
stay out of z, and customers without a repeat value (x = 0 or z = 0) out of the fit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, psi

from analytics.metrics.arrays import Flags, Floats, Numbers, distinct, floats, inner
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.maximum import Fit, Likelihood, estimate

_STARTS = ((6.0, 4.0), (1.0, 2.5), (20.0, 2.0), (3.0, 20.0), (100.0, 100.0))
# p and q; v has the same range in multiples of the mean repeat value.
_LEAST, _MOST = 1e-4, 1e4
# Fewer customers than parameters determine nothing.
_FEWEST = 3


class Parameters(NamedTuple):
    """p and q without unit, v in money."""

    p: float
    q: float
    v: float


def fit(x: Numbers, m: Numbers) -> Fit[Parameters]:
    """Maximum-likelihood estimate from repeat orders `x` and their mean value `m` per customer.

    Customers with x = 0 or m = 0 are left out; `customers` of the result counts the others.
    Raises NotEnoughData when fewer than three are left, ValueError for values that are no money.
    """
    orders, value = _usable(x, m)
    mean = float(np.mean(value))
    scale = np.array([1.0, 1.0, mean])
    return estimate(
        lambda n: summed_likelihood(orders[::n], value[::n]),
        Parameters,
        customers=len(orders),
        starts=[np.array([p, q, mean * max(q - 1, 0.5) / p]) for p, q in _STARTS],
        lower=_LEAST * scale,
        upper=_MOST * scale,
    )


def log_likelihood(parameters: Parameters, x: Numbers, m: Numbers) -> Floats:
    """The log-density of each customer's mean value; x > 0 and m > 0."""
    p, q, v = parameters
    orders, value = floats(x), floats(m)
    px = p * orders
    known = gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v) + px * np.log(orders)
    return np.asarray(
        known + (px - 1) * np.log(value) - (px + q) * np.log(v + orders * value), dtype=np.float64
    )


def population_mean(parameters: Parameters) -> float:
    """p v/(q−1), the mean value of an order over all customers; NaN for q ≤ 1 (no mean exists)."""
    p, q, v = parameters
    return p * v / (q - 1) if q > 1 else float("nan")


def expected_value(parameters: Parameters, x: Numbers, m: Numbers) -> Floats:
    """E[M | x, m] = p (v + x m)/(p x + q − 1): a customer's own mean drawn towards everybody's.

    For x = 0 it is the population mean. NaN where the mean does not exist (p x + q ≤ 1).
    """
    p, q, v = parameters
    orders, value = floats(x), floats(m)
    weight = p * orders + q - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = p * (v + orders * value) / weight
    return np.where(weight > 0, mean, np.nan)


def summed_likelihood(orders: Floats, value: Floats) -> Likelihood:
    """Log-likelihood and gradient at (p, q, v), summed over customers."""
    x, index = distinct(orders)
    n = np.bincount(index).astype(np.float64)
    customers = float(len(orders))
    spent = orders * value
    log_value = float(np.sum(np.log(value)))
    orders_log_spent = float(np.sum(orders * np.log(spent)))

    def likelihood(point: Floats) -> tuple[float, Floats]:
        p, q, v = (float(number) for number in point)
        px = p * x
        total = v + spent
        logs = np.log(total)
        log_sum, orders_log = float(np.sum(logs)), inner(orders, logs)
        inverse = 1 / total
        sum_value = (
            n @ (gammaln(px + q) - gammaln(px))
            + customers * (q * np.log(v) - gammaln(q))
            + p * (orders_log_spent - orders_log)
            - log_value
            - q * log_sum
        )
        both = psi(px + q)
        slope = np.array(
            [
                (n * x) @ (both - psi(px)) + orders_log_spent - orders_log,
                n @ both + customers * (np.log(v) - psi(q)) - log_sum,
                customers * q / v - p * inner(orders, inverse) - q * float(np.sum(inverse)),
            ]
        )
        return float(sum_value), slope

    return likelihood


def _usable(x: Numbers, m: Numbers) -> tuple[Floats, Floats]:
    orders, value = floats(x), floats(m)
    if orders.shape != value.shape or orders.ndim != 1:
        raise ValueError("x and m must be arrays of one length")
    if not (np.isfinite(orders).all() and np.isfinite(value).all()):
        raise ValueError("x and m must be finite")
    if np.any(value < 0):
        raise ValueError("m must not be negative")
    usable: Flags = (orders > 0) & (value > 0)
    if np.count_nonzero(usable) < _FEWEST:
        raise NotEnoughData("fewer than three customers have a repeat order with a value above 0")
    return orders[usable], value[usable]
