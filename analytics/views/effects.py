"""The pages of what broadcasts brought (群发效果与ROI)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.board.effect_list import effect_rows, effects
from analytics.board.effects import (
    CHARTS,
    comparisons,
    in_yuan,
    is_ratio_off,
    line,
    lines,
    look_of,
    worth_lines,
)
from analytics.metrics.ab_test import LOOKS
from analytics.metrics.uplift import uplift
from analytics.models import BroadcastCost, SeriesCost
from analytics.selectors.broadcast_effects import back_of, finished_broadcasts, row_of
from analytics.selectors.broadcast_report import DEFAULT_DAYS, WINDOWS, Report
from analytics.selectors.kept_reports import shown_report
from analytics.selectors.scope import PERMISSION
from analytics.selectors.standing_holdout import PERIODS, shown_whole_effect, standing_since
from analytics.services.broadcast_effects import set_cost
from broadcasts.models import Broadcast
from broadcasts.selectors.progress import visible_broadcasts
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.models import Operator
from scrm.console.paging import Sort, window
from scrm.console.templatetags.console import number
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput

MAY_ENTER_COST = "broadcasts.change_broadcast"
_NEWEST_FIRST = Sort("frozen_at")
_PAGE = 20
_MOST_IN_FILE = 2_000


class CostForm(forms.Form):
    """Empty: no cost is known."""

    amount = forms.DecimalField(
        label=gettext_lazy("Cost (yuan)"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text=gettext_lazy("Gifts, coupons, work. Empty takes the entry out."),
    )
    margin = forms.IntegerField(
        label=gettext_lazy("Gross margin (%)"),
        min_value=1,
        max_value=100,
        initial=100,
        help_text=gettext_lazy("What is left of revenue after the goods themselves."),
    )


class EffectList(ConsolePage):
    """Marketing as a whole, and one row a finished broadcast."""

    template_name = "analytics/effects.html"
    page_title = gettext_lazy("Effect of broadcasts")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        page = window(
            finished_broadcasts(operator),
            sort=_NEWEST_FIRST,
            cursor=self.request.GET.get("after", ""),
            size=_PAGE,
        )
        rows = [row_of(broadcast) for broadcast in page.rows]
        return super().get_context_data(
            window=page,
            rows=effect_rows(rows),
            chart=effects(rows) if page.is_first else None,
            days=DEFAULT_DAYS,
            **(_whole(self.request, operator) if page.is_first else {}),
            **kwargs,
        )


def _whole(request: HttpRequest, operator: Operator) -> dict[str, Any]:
    """The standing hold-out's part, for those who see every customer."""
    if not operator.sees_everything:
        return {"may_see_whole": False}
    period = chosen_number(request, "period", PERIODS, PERIODS[1])
    found = shown_whole_effect(days=period, now=timezone.now())
    shown = found and [
        line(
            _("Revenue per customer"),
            found.revenue,
            write=(in_yuan, in_yuan),
            people=found.people,
        ),
        line(
            _("Orders per customer"),
            found.orders,
            write=(lambda value: number(value, 4), number),
            people=found.people,
        ),
    ]
    return {
        "may_see_whole": True,
        "whole": found,
        "is_drawn": standing_since() is not None,
        "whole_lines": shown,
        "periods": PERIODS,
        "period": period,
    }


class EffectReport(ConsolePage):
    """One broadcast: from plan to order, what it added, which version did better, what it cost."""

    template_name = "analytics/effect.html"
    page_title = gettext_lazy("Effect of a broadcast")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        broadcast = _broadcast(self.request)
        cost = BroadcastCost.objects.filter(broadcast=broadcast).first()
        context = {
            "broadcast": broadcast,
            "windows": WINDOWS,
            "days": _days(self.request),
            "query": f"?days={_days(self.request)}",
            "may_enter_cost": operator_of(self.request).has_perm(MAY_ENTER_COST),
            "cost_form": kwargs.pop("cost_form", None) or CostForm(initial=entered_cost(cost)),
        }
        if broadcast.frozen_at is not None:
            found = shown_report(broadcast, days=_days(self.request), now=timezone.now())
            context |= {"is_being_measured": True} if found is None else _shown(found, cost)
        return super().get_context_data(**context, **kwargs)


def _shown(found: Report, cost: BroadcastCost | None) -> dict[str, Any]:
    arms, span = found.arms, found.span
    revenue = uplift(arms.treated["revenue"], arms.held["revenue"])
    compared: dict[str, Any] = {
        "people": arms.people,
        "is_over": span.is_over,
        "is_for_groups": found.broadcast.is_for_groups,
    }
    return {
        "report": found,
        "charts": [make(found) for make in CHARTS.values()],
        "lines": lines(arms.treated, arms.held, **compared),
        "revenue": revenue,
        "worth_lines": worth_lines(found.worth, **compared),
        "is_ratio_off": is_ratio_off(found),
        "comparisons": comparisons(found) if found.versions else [],
        "look": look_of(found),
        "looks": LOOKS,
        "back": back_of(cost, revenue, people=arms.people, net_fen=found.funnel.net_fen),
    }


class EnterCost(ConsoleAction):
    """What a broadcast cost, then back to its report."""

    permission = MAY_ENTER_COST

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        broadcast = _broadcast(request)
        typed = fen_typed(request)
        if typed is None:
            return redirect("console:broadcast-effect", pk=pk)
        try:
            set_cost(
                broadcast=broadcast, operator=operator_of(request), now=timezone.now(), **typed
            )
        except InvalidInput as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The cost is saved."))
        return redirect("console:broadcast-effect", pk=pk)


def fen_typed(request: HttpRequest) -> dict[str, Any] | None:
    """The cost and margin of the form, as the services take them; None with what is wrong said."""
    form = CostForm(request.POST)
    if not form.is_valid():
        for name, errors in form.errors.get_json_data().items():
            words = " ".join(str(error["message"]) for error in errors)
            messages.error(request, f"{form.fields[name].label}: {words}")
        return None
    amount = form.cleaned_data["amount"]
    return {
        "amount_fen": None if amount is None else round(amount * 100),
        "margin_percent": form.cleaned_data["margin"],
    }


def entered_cost(cost: BroadcastCost | SeriesCost | None) -> dict[str, Any]:
    """What the form shows of it."""
    if cost is None:
        return {"margin": 100}
    return {"amount": f"{cost.amount_fen / 100:.2f}", "margin": cost.margin_percent}


def _broadcast(request: HttpRequest) -> Broadcast:
    match = request.resolver_match
    key = match.kwargs["pk"] if match else 0
    return get_object_or_404(visible_broadcasts(operator_of(request)), pk=key)


def _days(request: HttpRequest) -> int:
    return chosen_number(request, "days", WINDOWS, DEFAULT_DAYS)


def chosen_number(request: HttpRequest, name: str, offered: tuple[int, ...], usual: int) -> int:
    """A number of those offered; anything else asks for the usual one."""
    text = request.GET.get(name, "")
    return int(text) if text in {str(number) for number in offered} else usual


def _made(key: str, make: Callable[[Report], Dataset]) -> Callable[[HttpRequest], Dataset]:
    """Empty for a broadcast whose audience was never fixed, or that has not been measured yet."""

    def read(request: HttpRequest) -> Dataset:
        broadcast, found = _broadcast(request), None
        if broadcast.frozen_at is not None:
            found = shown_report(broadcast, days=_days(request), now=timezone.now())
        if found is None:
            return Dataset(key=key, title="", columns=(), rows=[], option={})
        return make(found)

    return read


class DownloadEffect(DatasetDownload):
    """The figures behind the charts of one report."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {key: _made(key, make) for key, make in CHARTS.items()}

    def get(self, request: HttpRequest, dataset: str, **_which: int) -> StreamingHttpResponse:
        return super().get(request, dataset)


def _all_effects(request: HttpRequest) -> Dataset:
    found = finished_broadcasts(operator_of(request)).order_by("-frozen_at", "-pk")
    return effects([row_of(broadcast) for broadcast in found[:_MOST_IN_FILE]])


class DownloadEffects(DatasetDownload):
    """The list, all pages of it."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {"broadcast-effects": _all_effects}
