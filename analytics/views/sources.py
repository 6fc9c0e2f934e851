"""The pages of channels (渠道价值): all of them in a period, and one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias, TypeVar

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import source_parts
from analytics.board import sources as board
from analytics.board.choice import segment_choice
from analytics.board.effects import Line
from analytics.board.effects import line as compared_line
from analytics.board.figures import Source as Figures
from analytics.board.figures import known_yet
from analytics.metrics.uplift import Uplift
from analytics.periods import AskedPeriod, PeriodForm, period_form
from analytics.selectors.parts import whole
from analytics.selectors.scope import PERMISSION
from analytics.selectors.source_detail import against_holdout, cohorts, staying
from analytics.selectors.source_figures import Overview, Row, Source
from analytics.selectors.sources import figures_of, last_measured, overview, staff_scope, total_of
from analytics.selectors.value_settings import value_settings
from analytics.views.downloads import WaitingDownload
from analytics.views.value_settings import MAY_SET
from contacts.models import Channel
from scrm.console.datasets import Dataset
from scrm.console.downloads import Datasets
from scrm.console.fields import without_nul
from scrm.console.templatetags.console import percent, yuan
from scrm.console.views import ConsolePage, operator_of
from scrm.segments.days import business_day

_LONG = 365
_ROWS = 50
_T = TypeVar("_T")


class ChannelValue(ConsolePage):
    """What each channel won in a period, what became of it and what it cost."""

    template_name = "analytics/channel_value.html"
    page_title = _("Value of channels")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = _form(self.request)
        found = _overview(self.request, form.asked)
        before, page = form.asked.before, page_of(self.request, found.rows)
        choice = segment_choice(self.request.GET, operator, now=timezone.now())
        split = known_yet(lambda: _by_segment(self.request)) if choice.parts else None
        return super().get_context_data(
            form=form,
            choice=choice,
            split=split,
            is_waiting=bool(choice.parts) and split is None,
            found=found,
            page=page,
            rows=[
                (
                    row,
                    board.payback_words(row.figures),
                    board.address_of(row.source, form.asked),
                    [percent(lost.share if lost else None) for lost in row.figures.lost],
                )
                for row in page
            ],
            total_payback=board.payback_words(found.total),
            before=total_of(before, scope=staff_scope(operator), settings=value_settings())
            if before is not None
            else None,
            chart=board.by_source(found, form.asked),
            settings=value_settings(),
            may_set=operator.has_perm(MAY_SET),
            may_import=operator.has_perm("contacts.add_costentry"),
            is_narrow=not operator.sees_everything,
            measured=last_measured(),
            query=form.asked.query,
            split_query=self.request.GET.urlencode(),
            **kwargs,
        )


class SourceValue(ConsolePage):
    """One channel: funnel, cohorts, who stays, when it has paid for itself."""

    template_name = "analytics/source_value.html"
    page_title = _("Value of a channel")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = _form(self.request, default_days=_LONG)
        source, asked = asked_source(self.request), form.asked
        channel = Channel.objects.filter(state=source.state).first() if source.state else None
        row = Row(source, channel, _figures(self.request, asked))
        drawn = against_holdout(source, asked.period) if operator.sees_everything else None
        return super().get_context_data(
            title=row.name,
            form=form,
            row=row,
            found=row.figures,
            payback=board.payback_words(row.figures),
            charts=[
                board.funnel(row.figures),
                board.payback(row.figures),
                _cohorts(self.request, asked),
                _staying(self.request, asked),
            ],
            holdout_lines=_against(drawn, people=row.figures.won) if drawn is not None else [],
            settings=value_settings(),
            measured=last_measured(),
            query=f"{board.source_query(source)}&{asked.query}",
            **kwargs,
        )


def _against(drawn: Uplift, *, people: int) -> list[Line]:
    title = gettext("Net revenue per customer")
    return [compared_line(title, drawn, write=(_fen, _fen), people=people)]


def _fen(value: float) -> str:
    return yuan(round(value))


def asked_source(request: HttpRequest) -> Source:
    """From `state` or `add_way`; what cannot be read is the unknown way."""
    state = without_nul(request.GET.get("state", ""))[:64]
    text = request.GET.get("add_way", "")
    is_number = text.isascii() and text.isdecimal() and len(text) < 6
    return Source(state) if state else Source("", int(text) if is_number else 0)


def _form(request: HttpRequest, *, default_days: int = 90) -> PeriodForm:
    return period_form(request.GET, today=business_day(timezone.now()), default_days=default_days)


def page_of(request: HttpRequest, rows: Sequence[_T]) -> Page[_T]:
    """The lines of one page of a list that is sorted by what was worked out."""
    return Paginator(rows, _ROWS).get_page(request.GET.get("page", "1"))


def _overview(request: HttpRequest, asked: AskedPeriod) -> Overview:
    return overview(
        asked.period,
        scope=staff_scope(operator_of(request)),
        settings=value_settings(),
        today=business_day(timezone.now()),
    )


def _figures(request: HttpRequest, asked: AskedPeriod) -> Any:
    return figures_of(
        asked_source(request),
        asked.period,
        scope=staff_scope(operator_of(request)),
        settings=value_settings(),
        today=business_day(timezone.now()),
    )


def _funnel(request: HttpRequest, asked: AskedPeriod) -> Dataset:
    return board.funnel(_figures(request, asked))


def _payback(request: HttpRequest, asked: AskedPeriod) -> Dataset:
    return board.payback(_figures(request, asked))


def _staying(request: HttpRequest, asked: AskedPeriod) -> Dataset:
    return board.staying(
        staying(
            asked_source(request),
            asked.period,
            scope=staff_scope(operator_of(request)),
            today=business_day(timezone.now()),
        )
    )


def _cohorts(request: HttpRequest, _asked: AskedPeriod) -> Dataset:
    return board.cohort_values(
        cohorts(
            asked_source(request),
            scope=staff_scope(operator_of(request)),
            today=business_day(timezone.now()),
        )
    )


_Make: TypeAlias = Callable[[HttpRequest, AskedPeriod], Dataset]

_CHARTS: dict[str, _Make] = {
    "source-funnel": _funnel,
    "source-payback": _payback,
    "source-cohorts": _cohorts,
    "source-staying": _staying,
}


def _by_source(request: HttpRequest) -> Dataset:
    asked = _form(request).asked
    return board.by_source(_overview(request, asked), asked)


def _by_segment(request: HttpRequest) -> Dataset:
    """Raises BeingWorkedOut."""
    operator, now, asked = operator_of(request), timezone.now(), _form(request).asked
    parts = [whole(operator), *segment_choice(request.GET, operator, now=now).parts]
    rows = _overview(request, asked).rows
    return source_parts.by_segment([Figures(part, now=now) for part in parts], rows, asked)


def _made(make: _Make) -> Callable[[HttpRequest], Dataset]:
    return lambda request: make(request, _form(request, default_days=_LONG).asked)


class DownloadChannelValue(WaitingDownload):
    """The figures behind the charts, for the same days."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {
        "channel-value": _by_source,
        "channel-segments": _by_segment,
        **{key: _made(make) for key, make in _CHARTS.items()},
    }
