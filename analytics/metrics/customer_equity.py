"""Customer equity (客户资产): what the customers of today should bring, all of them together.

    CE = Σ over customers of the expected value of the horizon

Only customers already won are in it. What future customers would add is *not*: it would need a
forecast of how many come, which is a matter of budgets and not of past orders, and no model here
knows it. What a newcomer is worth once she is there is defensible and stands apart
(`newcomer_value`): it is the most one may spend to win her.

The interval of a sum: the chance in single customers evens out (their errors are independent in
the model), the error of the model does not, so the larger of the back-test's error and what public
order logs have shown (15 %) is taken of the whole sum.

Sources: Blattberg, Deighton (1996), Harvard Business Review 74(4), 136–144; Fader, Hardie, Lee
(2005), Journal of Marketing Research 42(4), 415–430. Assumes the horizon is like the past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.metrics import gamma_gamma
from analytics.metrics.arrays import Floats
from analytics.metrics.drop_out import NEW_CUSTOMER, DropOutModel
from analytics.metrics.drop_out import Parameters as Buying
from analytics.metrics.ltv import Terms


@dataclass(frozen=True)
class Equity:
    """A sum of expected values with its bounds, in the unit of the values.

    `best_tenth` is the share of the sum that the tenth of customers expected to bring most hold;
    None where nothing is expected.
    """

    customers: int
    total: float
    low: float
    high: float
    best_tenth: float | None


def equity(values: Floats, *, error: float) -> Equity:
    """Of the expected value of each customer; `error` is the share the total may be off by."""
    total = float(np.sum(values))
    best = np.sort(values)[::-1][: -(-len(values) // 10)]
    return Equity(
        customers=len(values),
        total=total,
        low=total * (1 - error),
        high=total * (1 + error),
        best_tenth=float(np.sum(best)) / total if total > 0 else None,
    )


def newcomer_value(
    model: DropOutModel, buying: Buying, order_value: float, first_order: float, terms: Terms
) -> float:
    """What a customer who orders for the first time now brings within the horizon of the terms.

    Her first order (`first_order`, the mean of the shop's) and the repeat orders expected of her,
    each at `order_value` (for example `gamma_gamma.population_mean`), times the margin.
    """
    repeats = model.discounted_orders(
        buying,
        NEW_CUSTOMER,
        horizon=terms.horizon,
        period=terms.period,
        discount=terms.discount,
    )
    return terms.margin * (first_order + float(repeats[0]) * order_value)


def usual_order_value(spending: gamma_gamma.Parameters | None, mean: float) -> float:
    """The population mean of Gamma-Gamma, or the shop's own `mean` where there is none."""
    if spending is None:
        return mean
    found = gamma_gamma.population_mean(spending)
    return found if np.isfinite(found) else mean
