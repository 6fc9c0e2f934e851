"""The pages of analytics (数据): the dashboard, its downloads, the dictionary of figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.metrics.registry import METRICS
from analytics.selectors.ledger import failure, last_run
from analytics.selectors.models import history_of_fits
from analytics.selectors.scope import PERMISSION, scope_of
from analytics.services.forecast import BACKTEST_DAYS
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.views import ConsolePage, operator_of

# Which of the two cohort matrices is shown; the address says so.
_COHORTS = {"retention": "cohort-retention", "value": "cohort-value"}


def figures_for(request: HttpRequest) -> Figures:
    return Figures(scope=scope_of(operator_of(request)), now=timezone.now())


class Dashboard(ConsolePage):
    """What customers are worth, whether they come back, whether they leave; LTV first."""

    template_name = "analytics/dashboard.html"
    page_title = _("Data")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        figures = figures_for(self.request)
        chosen = self.request.GET.get("cohorts", "")
        cohorts = chosen if chosen in _COHORTS else "retention"
        return super().get_context_data(
            figures=figures,
            interval=_interval(figures),
            last_month=figures.unfriend_months[-2],
            last_run=last_run(),
            failure=failure(),
            cohorts=cohorts,
            cohort_chart=DATASETS[_COHORTS[cohorts]](figures),
            charts={
                key.replace("-", "_"): make(figures)
                for key, make in DATASETS.items()
                if key not in _COHORTS.values()
            },
            **kwargs,
        )


class Definitions(ConsolePage):
    """What each figure means (指标字典)."""

    template_name = "analytics/definitions.html"
    page_title = _("What the figures mean")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(metrics=METRICS.values(), **kwargs)


class ForecastQuality(ConsolePage):
    """How far the forecasts may be trusted (回测): each fit with its back-test."""

    template_name = "analytics/quality.html"
    page_title = _("Quality of the forecast")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        figures = figures_for(self.request)
        total, trust = figures.expected.total_fen, figures.trust
        return super().get_context_data(
            figures=figures,
            total_interval=trust.interval(total) if trust is not None and total else None,
            fits=history_of_fits(),
            backtest_days=BACKTEST_DAYS,
            **kwargs,
        )


def _interval(figures: Figures) -> tuple[float, float] | None:
    """The mean forecast per buyer, with the error of the back-test."""
    mean = figures.expected.mean_fen
    if mean is None or figures.trust is None:
        return None
    return figures.trust.interval(mean)


def _made(make: Callable[[Figures], Dataset]) -> Callable[[HttpRequest], Dataset]:
    return lambda request: make(figures_for(request))


class Download(DatasetDownload):
    permission = PERMISSION
    datasets: ClassVar[Datasets] = {key: _made(make) for key, make in DATASETS.items()}
