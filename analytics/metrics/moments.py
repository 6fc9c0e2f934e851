"""Centred sums of an outcome with a covariate: all that a comparison of means needs of an arm.

They merge without loss, so a database may count those who ordered and the many zeros be added
here (T. F. Chan, G. H. Golub, R. J. LeVeque, Updating formulae and a pairwise algorithm for
computing sample variances, COMPSTAT 1982).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Numbers, floats


@dataclass(frozen=True)
class Moments:
    """`n` units; means of y and x; Σ(y−ȳ)², Σ(x−x̄)², Σ(x−x̄)(y−ȳ); `events`: units with y ≠ 0."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0
    x_mean: float = 0.0
    x_squares: float = 0.0
    products: float = 0.0
    events: int = 0

    @classmethod
    def of(cls, y: Numbers, x: Numbers | None = None) -> Moments:
        """From one value per unit; without `x` the covariate is 0."""
        outcome = floats(y)
        covariate = np.zeros_like(outcome) if x is None else floats(x)
        if not outcome.size:
            return cls()
        mean, x_mean = float(outcome.mean()), float(covariate.mean())
        dy, dx = outcome - mean, covariate - x_mean
        return cls(
            n=int(outcome.size),
            mean=mean,
            squares=float(np.einsum("i,i->", dy, dy)),
            x_mean=x_mean,
            x_squares=float(np.einsum("i,i->", dx, dx)),
            products=float(np.einsum("i,i->", dx, dy)),
            events=int(np.count_nonzero(outcome)),
        )

    @classmethod
    def share(cls, events: int, n: int) -> Moments:
        """Of an outcome that is 1 for `events` of `n` units and 0 for the others."""
        if not n:
            return cls()
        return cls(n=n, mean=events / n, squares=events * (n - events) / n, events=events)

    def __add__(self, other: Moments) -> Moments:
        n = self.n + other.n
        if not n:
            return self
        dy, dx = other.mean - self.mean, other.x_mean - self.x_mean
        weight = self.n * other.n / n
        return Moments(
            n=n,
            mean=self.mean + dy * other.n / n,
            squares=self.squares + other.squares + dy * dy * weight,
            x_mean=self.x_mean + dx * other.n / n,
            x_squares=self.x_squares + other.x_squares + dx * dx * weight,
            products=self.products + other.products + dx * dy * weight,
            events=self.events + other.events,
        )

    def among(self, n: int) -> Moments:
        """The same units among `n`: all others had neither y nor x."""
        return self + Moments(n=max(0, n - self.n))

    @property
    def variance(self) -> float:
        """Of the sample; 0 for fewer than two units."""
        return self.squares / (self.n - 1) if self.n > 1 else 0.0
