"""The pages of what recurring broadcasts and journeys brought as a whole (周期群发与旅程效果)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.board.effect_list import effect_rows
from analytics.board.series_effects import (
    CHARTS,
    Row,
    address_of,
    kind_words,
    lines_of,
    row_of,
    said_of,
    series_effects,
    steps,
    waiting_words,
    worth_lines_of,
)
from analytics.models import SeriesCost, SeriesEffect
from analytics.selectors.broadcast_effects import finished_broadcasts
from analytics.selectors.broadcast_effects import row_of as broadcast_row
from analytics.selectors.models import current_fits
from analytics.selectors.scope import PERMISSION
from analytics.selectors.series_effects import (
    back_of_series,
    has_sent,
    kept,
    shown_series,
    spent_on,
    visible_journeys,
    visible_series,
)
from analytics.selectors.series_report import DEFAULT_DAYS, WINDOWS, Series, SeriesReport
from analytics.services.series_effects import set_series_cost
from analytics.views.effects import MAY_ENTER_COST, CostForm, chosen_number, entered_cost, fen_typed
from broadcasts.models import BroadcastPlan
from broadcasts.selectors.plans import visible_plans
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.models import Operator
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

_NEWEST_FIRST = Sort("last_sent_at")
_PAGE = 20
_MOST_IN_FILE = 1_000
_SENDS_SHOWN = 12


class SeriesEffectList(ConsolePage):
    """One row a recurring broadcast or journey that ever sent."""

    template_name = "analytics/series_effects.html"
    page_title = gettext_lazy("Effect of recurring broadcasts and journeys")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        page = window(
            visible_series(operator),
            sort=_NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            size=_PAGE,
        )
        rows = _rows(page.rows)
        return super().get_context_data(
            window=page,
            rows=[(row, kind_words(row.series)) for row in rows],
            chart=series_effects(rows) if page.is_first else None,
            is_being_measured=not rows and has_sent(operator),
            days=DEFAULT_DAYS,
            **kwargs,
        )


def _rows(effects: Iterable[SeriesEffect]) -> list[Row]:
    reports = [found for effect in effects if (found := kept(effect)) is not None]
    spent = spent_on(found.series for found in reports)
    return [row_of(found, back_of_series(found, spent.get(found.series))) for found in reports]


class DownloadSeriesEffects(DatasetDownload):
    """The list, all pages of it."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {
        "series-effects": lambda request: series_effects(
            _rows(visible_series(operator_of(request)).order_by("-last_sent_at")[:_MOST_IN_FILE])
        )
    }


def series_asked(kind: str, pk: int, operator: Operator) -> Series:
    """Raises Http404 for one there is none of that this operator may see."""
    if kind == "plan":
        return Series(get_object_or_404(visible_plans(operator), pk=pk))
    return Series(get_object_or_404(visible_journeys(operator), pk=pk))


class _SeriesPage(ConsolePage):
    """One of them: from plan to order, what it added, its parts, what it cost."""

    template_name = "analytics/series_effect.html"
    page_title = gettext_lazy("Effect as a whole")
    permission = PERMISSION
    kind = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, days = operator_of(self.request), _days(self.request)
        series = series_asked(self.kind, self.kwargs["pk"], operator)
        found = shown_series(series, days=days, now=timezone.now())
        entered = SeriesCost.objects.filter(**{series.kind: series.row}).first()
        return super().get_context_data(
            series=series,
            kind_words=kind_words(series),
            windows=WINDOWS,
            days=days,
            query=f"?days={days}",
            is_being_measured=found is None,
            may_enter_cost=operator.has_perm(MAY_ENTER_COST),
            cost_form=CostForm(initial=entered_cost(entered)),
            **(_shown(found, operator) if found is not None else {}),
            **kwargs,
        )


class PlanEffect(_SeriesPage):
    kind = "plan"


class JourneyEffect(_SeriesPage):
    kind = "journey"


def _shown(found: SeriesReport, operator: Operator) -> dict[str, Any]:
    sends, spent = [], spent_on([found.series]).get(found.series)
    if isinstance(found.series.row, BroadcastPlan):
        made = finished_broadcasts(operator).filter(plan=found.series.row)
        sends = [broadcast_row(one) for one in made.order_by("-frozen_at", "-pk")[:_SENDS_SHOWN]]
    return {
        "report": found,
        "charts": [make(found) for make in CHARTS.values()],
        "lines": lines_of(found),
        "worth_lines": worth_lines_of(found),
        "is_worth_awaited": found.worth is None and bool(current_fits()),
        "said": said_of(found),
        "waiting": waiting_words(found),
        "steps": steps(found),
        "sends": effect_rows(sends),
        "back": back_of_series(found, spent),
    }


class _EnterCost(ConsoleAction):
    """What it cost as a whole, then back to its report."""

    permission = MAY_ENTER_COST
    kind = ""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        operator = operator_of(request)
        series = series_asked(self.kind, pk, operator)
        typed = fen_typed(request)
        if typed is not None:
            try:
                set_series_cost(series=series, operator=operator, now=timezone.now(), **typed)
            except InvalidInput as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("The cost is saved."))
        return redirect(address_of(series))


class EnterPlanCost(_EnterCost):
    kind = "plan"


class EnterJourneyCost(_EnterCost):
    kind = "journey"


def _days(request: HttpRequest) -> int:
    return chosen_number(request, "days", WINDOWS, DEFAULT_DAYS)


def _datasets(kind: str) -> Datasets:
    """Empty for one that has not been measured yet."""

    def made(key: str, make: Callable[[SeriesReport], Dataset]) -> Callable[[HttpRequest], Dataset]:
        def read(request: HttpRequest) -> Dataset:
            match = request.resolver_match
            series = series_asked(kind, match.kwargs["pk"] if match else 0, operator_of(request))
            found = shown_series(series, days=_days(request), now=timezone.now())
            if found is None:
                return Dataset(key=key, title="", columns=(), rows=[], option={})
            return make(found)

        return read

    return {key: made(key, make) for key, make in CHARTS.items()}


class DownloadPlanEffect(DatasetDownload):
    """The figures behind the charts of one report."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = _datasets("plan")

    def get(self, request: HttpRequest, dataset: str, **_which: int) -> StreamingHttpResponse:
        return super().get(request, dataset)


class DownloadJourneyEffect(DownloadPlanEffect):
    datasets: ClassVar[Datasets] = _datasets("journey")
