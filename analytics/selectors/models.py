"""The models in use, how far they may be trusted, and what is missing for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Count, Min, Q

from analytics.metrics.drop_out import Parameters as Buying
from analytics.metrics.gamma_gamma import Parameters as Spending
from analytics.metrics.ltv import ENOUGH_BUYERS, ENOUGH_DAYS, ENOUGH_REPEATERS
from analytics.models import ContactMetrics, ModelFit, NightFigure

# Four public order logs showed totals off by 15 to 25 % (the models see no season and no trend).
# Our own back-test may widen the interval of a total but never narrow it below that.
_LEAST_ERROR, _UNTESTED_ERROR = 0.15, 0.25
# The key under which the outcome of the newest fit is kept.
FIT_OUTCOME = "fit"


class Reason(StrEnum):
    """Why the newest fit gave no forecast."""

    NO_ORDERS = "no orders"
    TOO_FEW = "not enough orders"
    NOT_FINITE = "not finite"


@dataclass(frozen=True)
class Worth:
    """What an order is worth: Gamma-Gamma, or without it the same `flat_fen` for every order."""

    spending: Spending | None
    flat_fen: float


@dataclass(frozen=True)
class Trust:
    """How much to believe a forecast of many customers together.

    `error` is the share by which a total may be off, the larger of the back-test's and 15 %;
    25 % while no quarter could be held back. `is_flat` says that order values had no model and
    every order counts with the mean of the shop.
    """

    fit: ModelFit
    error: float
    is_flat: bool = False

    @property
    def is_tested(self) -> bool:
        return self.fit.backtest_bias is not None

    def interval(self, total: float) -> tuple[float, float]:
        return total * (1 - self.error), total * (1 + self.error)


@dataclass(frozen=True)
class Needed:
    """One thing a forecast needs, and how much of it there is."""

    kind: str
    has: int
    needs: int

    @property
    def is_enough(self) -> bool:
        return self.has >= self.needs


def current_fits() -> dict[str, ModelFit]:
    """The fit in use of each kind; empty before the first. One query."""
    return {fit.kind: fit for fit in ModelFit.objects.filter(is_current=True)}


def models_in_use() -> tuple[Buying, Worth] | None:
    """Parameters of the fits in use; None before the first. One query."""
    fits = current_fits()
    buying = fits.get(ModelFit.Kind.MBGNBD)
    spending, mean = (fits.get(kind) for kind in ModelFit.VALUE_KINDS)
    if buying is None or (spending is None and mean is None):
        return None
    if spending is not None:
        worth = Worth(Spending(**spending.parameters), 0.0)
    else:
        worth = Worth(None, mean.parameters["mean_fen"] if mean else 0.0)
    return Buying(**buying.parameters), worth


def newest_outcome() -> str:
    """The reason why the newest fit gave no forecast, "" when it did or before the first.

    One query.
    """
    kept = NightFigure.objects.filter(key=FIT_OUTCOME).first()
    return str(kept.found.get("reason", "")) if kept else ""


def history_of_fits(limit: int = 30) -> list[ModelFit]:
    """The newest fits of the repeat-buying model, newest first. One query."""
    return list(ModelFit.objects.filter(kind=ModelFit.Kind.MBGNBD)[:limit])


def trust() -> Trust | None:
    """None before the first fit. One query."""
    fits = current_fits()
    fit = fits.get(ModelFit.Kind.MBGNBD)
    if fit is None:
        return None
    bias = fit.backtest_bias
    error = _UNTESTED_ERROR if bias is None else min(max(abs(bias), _LEAST_ERROR), 1.0)
    return Trust(fit, error, is_flat=ModelFit.Kind.MEAN_VALUE in fits)


def needed(*, today: date) -> list[Needed]:
    """What a forecast needs of the shop's orders. One query."""
    found = ContactMetrics.objects.aggregate(
        buyers=Count("pk"),
        repeaters=Count("pk", filter=Q(purchase_days__gt=1)),
        first=Min("first_on"),
    )
    days = (today - found["first"]).days if found["first"] else 0
    return [
        Needed("buyers", found["buyers"], ENOUGH_BUYERS),
        Needed("repeaters", found["repeaters"], ENOUGH_REPEATERS),
        Needed("days", max(days, 0), ENOUGH_DAYS),
    ]
