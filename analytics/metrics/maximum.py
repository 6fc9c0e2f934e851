"""One maximum-likelihood search for all models.

Positive parameters are searched as logarithms inside a box by L-BFGS-B with the analytic
gradient. The box keeps the estimate finite where the likelihood has no maximum, and the fit
says which parameters ended on its edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from scipy.optimize import minimize

from analytics.metrics.arrays import Floats

Likelihood: TypeAlias = Callable[[Floats], tuple[float, Floats]]
P = TypeVar("P")

# Mean gradient per customer, in log-parameters, below which a point counts as the maximum.
_FLAT = 1e-5
_TRIES = 3
# A sample of this many customers finds the neighbourhood of the maximum for any larger set.
SAMPLE = 20_000


@dataclass(frozen=True)
class Maximum:
    """Where a search ended: natural parameters, log-likelihood, and whether it is a maximum."""

    point: Floats
    value: float
    converged: bool
    at_bound: tuple[int, ...]


@dataclass(frozen=True)
class Fit(Generic[P]):
    """Estimated parameters with their honesty marks.

    `converged` is False when the search did not come to rest. `at_bound` names parameters on
    the edge of what we allow: the data do not determine them, predictions stay finite.
    """

    parameters: P
    log_likelihood: float
    customers: int
    converged: bool
    at_bound: tuple[str, ...]


def estimate(
    likelihood_of: Callable[[int], Likelihood],
    parameters: type[P],
    *,
    customers: int,
    starts: Sequence[Floats],
    lower: Floats,
    upper: Floats,
) -> Fit[P]:
    """The maximum-likelihood fit; `likelihood_of(n)` is that of every n-th customer.

    A large set is searched from the maximum of a sample, which costs a few evaluations instead of
    dozens; a sample that leaves a parameter open does not replace the starts.
    """
    step = customers // SAMPLE
    if step > 1:
        size = -(-customers // step)
        near = maximise(likelihood_of(step), starts=starts, lower=lower, upper=upper, size=size)
        decided = near.converged and not near.at_bound
        starts = [near.point] if decided else [near.point, *starts]
    found = maximise(likelihood_of(1), starts=starts, lower=lower, upper=upper, size=customers)
    names = list(parameters.__annotations__)
    return Fit(
        parameters=parameters(*(float(value) for value in found.point)),
        log_likelihood=found.value,
        customers=customers,
        converged=found.converged,
        at_bound=tuple(names[i] for i in found.at_bound),
    )


def maximise(
    likelihood: Likelihood, *, starts: Sequence[Floats], lower: Floats, upper: Floats, size: float
) -> Maximum:
    """The best point found from the most promising starts.

    `likelihood(point)` gives the log-likelihood and its gradient at natural parameters; `size`
    is the number of customers behind it. A search that came to rest inside the box ends the
    trying; otherwise up to three starts are tried and the best result is kept.
    """
    promising = sorted(starts, key=lambda start: -likelihood(start)[0])[:_TRIES]
    best: Maximum | None = None
    for start in promising:
        found = _climb(likelihood, start, lower, upper, size)
        if best is None or found.value > best.value:
            best = found
        if best.converged and not best.at_bound:
            break
    if best is None:
        raise ValueError("a search needs at least one start")
    return best


def _climb(
    likelihood: Likelihood, start: Floats, lower: Floats, upper: Floats, size: float
) -> Maximum:
    def loss(logs: Floats) -> tuple[float, Floats]:
        point = np.exp(logs)
        value, gradient = likelihood(point)
        return -value / size, -gradient * point / size

    low, high = np.log(lower), np.log(upper)
    result = minimize(
        loss,
        np.clip(np.log(start), low, high),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(low, high, strict=True)),
        options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 10},
    )
    logs = np.asarray(result.x, dtype=np.float64)
    value, slope = loss(logs)
    at_low, at_high = logs <= low + 1e-9, logs >= high - 1e-9
    pushing = (at_low & (slope > 0)) | (at_high & (slope < 0))
    resting = bool(np.all(np.abs(slope[~pushing]) < _FLAT)) and bool(np.isfinite(value))
    return Maximum(
        point=np.exp(logs),
        value=-value * size,
        converged=resting,
        at_bound=tuple(int(i) for i in np.flatnonzero(at_low | at_high)),
    )
