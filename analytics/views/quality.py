"""How far the forecast may be trusted (预测质量): its back-test, and the state of the orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.board.quality import CHARTS, REASON_WORDS, sign_lines, signs
from analytics.metrics.ltv import ENOUGH_BUYERS, ENOUGH_DAYS, ENOUGH_REPEATERS
from analytics.models import ModelFit
from analytics.selectors.models import (
    Trust,
    current_fits,
    history_of_fits,
    needed,
    newest_outcome,
    trust,
)
from analytics.selectors.night import SIGNS, night_figure
from analytics.selectors.scope import EVERYBODY, PERMISSION, scope_of
from analytics.selectors.value_settings import value_settings
from analytics.services.back_testing import BACKTEST_DAYS, CHANCE
from contacts.selectors.lifecycle import lifecycle_settings
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.views import ConsolePage, operator_of
from scrm.segments.days import business_day


class ForecastQuality(ConsolePage):
    """Each fit with its back-test, the newest in full; what is missing, and what serves meanwhile.

    The models are the shop's, so are these figures. Orders that look wrong are shown to those who
    see every customer.
    """

    template_name = "analytics/quality.html"
    page_title = _("Quality of the forecast")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        operator = operator_of(self.request)
        fits = current_fits()
        buying, mean = fits.get(ModelFit.Kind.MBGNBD), fits.get(ModelFit.Kind.MEAN_VALUE)
        believed = trust()
        reason = newest_outcome()
        found = night_figure(SIGNS, EVERYBODY, now=now) if operator.sees_everything else None
        return super().get_context_data(
            fit=buying,
            trust=believed,
            money=_money(buying),
            mean_value=mean and round(mean.parameters["mean_fen"]),
            total=_total(operator, believed, now=now) if believed else None,
            reason=REASON_WORDS.get(reason, reason),
            needed=needed(today=business_day(now)) if reason or buying is None else [],
            enough={"buyers": ENOUGH_BUYERS, "repeaters": ENOUGH_REPEATERS, "days": ENOUGH_DAYS},
            limits=lifecycle_settings(),
            charts=[make(buying) for make in CHARTS.values()],
            fits=history_of_fits(),
            backtest_days=BACKTEST_DAYS,
            chance=CHANCE,
            settings=value_settings(),
            signs=sign_lines(found.found) if found else [],
            kept=found,
            **kwargs,
        )


def _total(operator: Any, believed: Trust, *, now: Any) -> tuple[int, float, float] | None:
    """The forecast of the customers the operator may see, with its bounds."""
    equity = night_figure("worth", scope_of(operator), now=now).found.get("equity")
    if not equity:
        return None
    return (equity["total_fen"], *believed.interval(equity["total_fen"]))


def _money(fit: ModelFit | None) -> dict[str, int] | None:
    """Expected and actual revenue of the hidden quarter, whole fen."""
    found = fit.backtest_detail.get("money") if fit else None
    return found and {name: round(fen) for name, fen in found.items()}


def _made(make: Callable[[ModelFit | None], Dataset]) -> Callable[[HttpRequest], Dataset]:
    return lambda _request: make(current_fits().get(ModelFit.Kind.MBGNBD))


def _signs(_request: HttpRequest) -> Dataset:
    return signs(night_figure(SIGNS, EVERYBODY, now=timezone.now()).found)


class DownloadQuality(DatasetDownload):
    """What the page draws, as files."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {
        **{key: _made(make) for key, make in CHARTS.items()},
        "data-quality": _signs,
    }
    whole = frozenset({"data-quality"})
