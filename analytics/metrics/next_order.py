"""When a customer's next order should come (预计下次下单), under the geometric drop-out models.

While she is active her orders come at a rate known up to Gamma(r + x, α + T), so the waiting time
for the next one is a Lomax (Pareto II) time and its quantiles have a closed form:

    P(next order within t) = P(alive) · [1 − ((α+T)/(α+T+t))^(r+x)]
    t_q = (α+T) · [(1 − q)^(−1/(r+x)) − 1]      the time within which a share q of those still
                                                active has ordered

There is no mean: who has left never orders again, and even among the active the mean is infinite
for r + x ≤ 1. So a median and a range are given, "if she is still active", beside P(alive).

Source: Fader, Hardie, Lee (2005), Marketing Science 24(2), section 3 (the waiting time is the
gamma mixture of exponentials; order and drop-out are one event, so the first order needs no b).
Cannot say: a day of the week, a season, an announced campaign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Floats
from analytics.metrics.drop_out import DropOutModel, Parameters
from analytics.metrics.history import History

# Eight of ten active customers order between the two outer quantiles.
EARLY, MIDDLE, LATE = 0.1, 0.5, 0.9


@dataclass(frozen=True)
class NextOrder:
    """Per customer: times from the end of T, in its unit, by which 10, 50 and 90 % of those still
    active have ordered again (infinite beyond the range of floats), and P(alive)."""

    p_alive: Floats
    early: Floats
    middle: Floats
    late: Floats


def next_order(model: DropOutModel, parameters: Parameters, history: History) -> NextOrder:
    """The quantiles for every customer."""
    return NextOrder(
        p_alive=model.p_alive(parameters, history),
        early=waiting_if_alive(parameters, history, share=EARLY),
        middle=waiting_if_alive(parameters, history, share=MIDDLE),
        late=waiting_if_alive(parameters, history, share=LATE),
    )


def waiting_if_alive(parameters: Parameters, history: History, *, share: float) -> Floats:
    """The time by which `share` (0 ≤ share < 1) of customers like her, still active, have ordered."""
    x, _, watched = history.arrays()
    with np.errstate(over="ignore"):
        grown = np.expm1(-np.log1p(-share) / (parameters.r + x))
        return np.asarray((parameters.alpha + watched) * grown, dtype=np.float64)


def chance_within(
    model: DropOutModel, parameters: Parameters, history: History, *, t: float
) -> Floats:
    """P(at least one order within `t`), the chance to have left already taken in."""
    return model.at_least(parameters, 1, history, t=t)
