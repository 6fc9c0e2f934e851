"""Would the alerts have been right? (预警回测): the newest test, its progress, a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.board.alert_tests import KINDS, by_day, calibration, judgement, ways
from analytics.metrics.unfriend_hazard import WINDOW_DAYS
from analytics.models import ChurnAlertTest
from analytics.services.alert_backtest import start_test
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import ScrmError

MAY_LOOK, MAY_START = "analytics.view_churnalerttest", "analytics.add_churnalerttest"
_MADE = (ways, by_day, calibration)


def _newest(state: str) -> ChurnAlertTest | None:
    return ChurnAlertTest.objects.filter(state=state).first()


class AlertBacktest(ConsolePage):
    """The newest finished test in sentences, tables and charts, by kind of churn."""

    template_name = "analytics/alert_backtest.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Back-test of churn alerts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        test = _newest(ChurnAlertTest.State.DONE)
        newest = ChurnAlertTest.objects.first()
        sections = [] if test is None else [_section(test, kind) for kind in KINDS]
        return super().get_context_data(
            test=test,
            newest=newest,
            sections=sections,
            window_days=WINDOW_DAYS,
            may_start=operator_of(self.request).has_perm(MAY_START),
            **kwargs,
        )


def _section(test: ChurnAlertTest, kind: str) -> dict[str, Any]:
    main = ways(test, kind)
    return {
        "kind": kind,
        "title": KINDS[kind],
        "sentences": judgement(test, kind),
        "main": main,
        "charts": [calibration(test, kind), by_day(test, kind)] if main.rows else [],
    }


class BacktestProgress(ConsolePage):
    """How far the running test is; a part of the page that asks again until it is over."""

    template_name = "analytics/alert_backtest_progress.html"
    permission = MAY_LOOK
    is_shareable = False

    def get_context_data(self, **_kwargs: Any) -> dict[str, Any]:
        return {"newest": ChurnAlertTest.objects.first(), "is_part": True}


class StartBacktest(ConsoleAction):
    permission = MAY_START

    def post(self, request: HttpRequest) -> HttpResponseBase:
        try:
            start_test(operator=operator_of(request), now=timezone.now())
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The back-test is under way."))
        return redirect("console:churn-alert-test")


def _made(make: Callable[[ChurnAlertTest, str], Dataset], kind: str) -> Any:
    def read(_request: HttpRequest) -> Dataset:
        return make(_newest(ChurnAlertTest.State.DONE) or ChurnAlertTest(), kind)

    return read


class DownloadBacktest(DatasetDownload):
    """The tables of the newest finished test."""

    permission = MAY_LOOK
    datasets: ClassVar[Datasets] = {
        f"{stem}-{kind}": _made(make, kind)
        for kind in KINDS
        for stem, make in zip(
            ("alert-test", "alert-test-days", "alert-test-calibration"), _MADE, strict=True
        )
    }
