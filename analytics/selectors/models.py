"""The models in use, how far they may be trusted, and what is missing for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min, Q

from analytics.metrics.ltv import ENOUGH_BUYERS, ENOUGH_DAYS, ENOUGH_REPEATERS
from analytics.models import ContactMetrics, ModelFit

# Four public order logs showed totals off by 15 to 25 % (the models see no season and no trend).
# Our own back-test may widen the interval of a total but never narrow it below that.
_LEAST_ERROR, _UNTESTED_ERROR = 0.15, 0.25


@dataclass(frozen=True)
class Trust:
    """How much to believe a forecast of many customers together.

    `error` is the share by which a total may be off, the larger of the back-test's and 15 %;
    25 % while no quarter could be held back.
    """

    fit: ModelFit
    error: float

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


def history_of_fits(limit: int = 30) -> list[ModelFit]:
    """The newest fits of the repeat-buying model, newest first. One query."""
    return list(ModelFit.objects.filter(kind=ModelFit.Kind.MBGNBD)[:limit])


def trust() -> Trust | None:
    """None before the first fit. One query."""
    fit = current_fits().get(ModelFit.Kind.MBGNBD)
    if fit is None:
        return None
    if fit.backtest_bias is None:
        return Trust(fit, _UNTESTED_ERROR)
    return Trust(fit, min(max(abs(fit.backtest_bias), _LEAST_ERROR), 1.0))


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
