"""When the figures were computed, how long it took, and what was found wrong (刷新日志)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.board.refreshes import KEY, durations
from analytics.selectors.ledger import currency, newest_runs
from analytics.selectors.scope import PERMISSION
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.views import ConsolePage

_SHOWN, _IN_FILE = 60, 10_000


class RefreshLog(ConsolePage):
    """How current the figures are, and the newest refreshes."""

    template_name = "analytics/refreshes.html"
    page_title = _("Refreshes of the figures")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = newest_runs(_SHOWN)
        return super().get_context_data(
            currency=currency(now=timezone.now()), runs=runs, chart=durations(runs), **kwargs
        )


def _all(request: HttpRequest) -> Dataset:
    return durations(newest_runs(_IN_FILE))


class DownloadRefreshes(DatasetDownload):
    permission = PERMISSION
    datasets: ClassVar[Datasets] = {KEY: _all}
