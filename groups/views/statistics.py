"""The console's page of group statistics (群统计)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from groups.selectors import statistic_datasets, statistics
from groups.services.statistics import order_reading
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.models import Operator
from scrm.console.views import ConsoleAction, ConsolePage, operator_of

MAY_LOOK = "groups.view_groupday"
MAY_READ = "groups.change_figureday"
LENGTHS = (7, 30, 90, 180)
_DEFAULT_LENGTH = 30


class StatisticsFilter(forms.Form):
    days = forms.TypedChoiceField(
        label=gettext_lazy("Days"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[(length, str(length)) for length in LENGTHS],
    )
    owner = forms.CharField(label=gettext_lazy("Owner"), required=False, max_length=64)
    top = forms.ChoiceField(
        label=gettext_lazy("Owners by"),
        required=False,
        choices=list(statistic_datasets.MEASURE_LABELS.items()),
    )

    def __init__(self, data: Any, *, operator: Operator) -> None:
        super().__init__({"days": str(_DEFAULT_LENGTH), **data.dict()})
        self.is_valid()
        self.length: int = self.cleaned_data.get("days") or _DEFAULT_LENGTH
        self.measure: str = self.cleaned_data.get("top") or statistics.MEASURES[0]
        self.scope = statistics.Scope(operator, self.cleaned_data.get("owner", ""))


@dataclass(frozen=True)
class Figure:
    """One figure of the last day, with its difference to the day before."""

    label: str | Promise
    value: int
    difference: int


class StatisticsPage(ConsolePage):
    """The last day against the one before, the days asked for as charts, the owners ahead."""

    template_name = "groups/statistics.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Group statistics")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        form = StatisticsFilter(self.request.GET, operator=operator)
        days = statistics.by_day(form.scope, now=now, length=form.length)
        pair = statistics.latest_two(days)
        ahead = statistics.top_owners(form.scope, measure=form.measure, now=now, length=form.length)
        return super().get_context_data(
            form=form,
            last_day=pair[0].day if pair else None,
            figures=_figures(*pair) if pair else [],
            growth=statistic_datasets.growth(days),
            life=statistic_datasets.life(days),
            talk=statistic_datasets.talk(days),
            owners=statistic_datasets.owners(ahead, measure=form.measure),
            reading=statistics.reading(),
            may_read=operator.has_perm(MAY_READ),
            query=self.request.GET.urlencode(),
            **kwargs,
        )


class ReadFigures(ConsoleAction):
    """Have WeCom's figures of the last days read again."""

    permission = MAY_READ

    def post(self, request: HttpRequest) -> HttpResponse:
        order_reading(operator=operator_of(request), now=timezone.now())
        messages.success(request, _("The figures of the last days are being read again."))
        return redirect("console:group-statistics")


def _figures(day: statistics.Day, before: statistics.Day) -> list[Figure]:
    now, then = day.told, before.told
    if now is None or then is None:
        return []
    pairs = [
        (_("Groups"), now.groups, then.groups),
        (_("New groups"), now.new_groups, then.new_groups),
        (_("Members"), now.members, then.members),
        (_("Joins"), day.joins, before.joins),
        (_("Leaves"), day.leaves, before.leaves),
        (_("Groups with messages"), now.active_groups, then.active_groups),
        (_("Members who wrote"), now.active_members, then.active_members),
        (_("Messages"), now.messages, then.messages),
    ]
    return [Figure(label, value, value - earlier) for label, value, earlier in pairs]


def _asked(request: HttpRequest) -> StatisticsFilter:
    return StatisticsFilter(request.GET, operator=operator_of(request))


def _days(request: HttpRequest) -> list[statistics.Day]:
    form = _asked(request)
    return statistics.by_day(form.scope, now=timezone.now(), length=form.length)


def _owners(request: HttpRequest) -> Dataset:
    form, now = _asked(request), timezone.now()
    ahead = statistics.top_owners(form.scope, measure=form.measure, now=now, length=form.length)
    return statistic_datasets.owners(ahead, measure=form.measure)


class DownloadStatistics(DatasetDownload):
    permission = MAY_LOOK
    datasets: ClassVar[Datasets] = {
        "group-growth": lambda request: statistic_datasets.growth(_days(request)),
        "group-life": lambda request: statistic_datasets.life(_days(request)),
        "group-talk": lambda request: statistic_datasets.talk(_days(request)),
        "group-owners": _owners,
    }
