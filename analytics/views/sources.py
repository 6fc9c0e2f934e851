"""The pages of channels (渠道价值): all of them in a period, and one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, TypeAlias, TypeVar

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import source_parts, source_segments
from analytics.board import sources as board
from analytics.board.choice import SegmentChoice, segment_choice
from analytics.board.effects import Line
from analytics.board.effects import line as compared_line
from analytics.board.figures import Source as Figures
from analytics.board.figures import known_yet
from analytics.metrics.uplift import Uplift
from analytics.periods import AskedPeriod, Period, PeriodForm, period_form
from analytics.selectors.parts import whole
from analytics.selectors.scope import PERMISSION
from analytics.selectors.source_detail import Detail, against_holdout, staying
from analytics.selectors.source_figures import Figures as SourceFigures
from analytics.selectors.source_figures import Overview, Row, Source
from analytics.selectors.sources import last_measured, listed, total_of
from analytics.selectors.value_settings import value_settings
from analytics.views.downloads import WaitingDownload
from analytics.views.value_settings import MAY_SET
from contacts.models import Channel
from scrm.console.datasets import Dataset
from scrm.console.downloads import Datasets
from scrm.console.fields import without_nul
from scrm.console.models import Operator
from scrm.console.templatetags.console import percent, yuan
from scrm.console.views import ConsolePage, operator_of
from scrm.segments.days import business_day

_LONG = 365
_ROWS = 50
_T = TypeVar("_T")
_Split: TypeAlias = Callable[[Sequence[source_segments.Side]], Dataset]


class ChannelValue(ConsolePage):
    """What each channel won in a period, what became of it and what it cost."""

    template_name = "analytics/channel_value.html"
    page_title = _("Value of channels")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = _form(self.request)
        choice = segment_choice(self.request.GET, operator, now=timezone.now())
        parts, asked = _parts(operator, choice), form.asked
        found = known_yet(lambda: _overview(parts[0], asked.period))
        before = known_yet(lambda: _total_before(parts[0], asked.before))
        split = None
        if choice.parts and found is not None:
            split = known_yet(lambda: source_parts.by_segment(parts, found.rows, asked))
        wanted = (asked.before is not None) + bool(choice.parts)
        is_waiting = found is None or (before is not None) + (split is not None) < wanted
        page = page_of(self.request, found.rows if found is not None else [])
        return super().get_context_data(
            form=form,
            choice=choice,
            split=split,
            is_waiting=is_waiting,
            found=found,
            page=page,
            rows=[
                (
                    row,
                    board.payback_words(row.figures),
                    board.address_of(row.source, asked, sorted(choice.chosen)),
                    [percent(lost.share if lost else None) for lost in row.figures.lost],
                )
                for row in page
            ],
            total_payback=board.payback_words(found.total) if found is not None else "",
            before=before,
            chart=board.by_source(found, asked) if found is not None else None,
            settings=value_settings(),
            may_set=operator.has_perm(MAY_SET),
            may_import=operator.has_perm("contacts.add_costentry"),
            is_narrow=not operator.sees_everything,
            measured=last_measured(),
            as_of=parts[0].oldest,
            query=asked.query,
            split_query=self.request.GET.urlencode(),
            **kwargs,
        )


@dataclass(frozen=True)
class Shown:
    """A chart with its place on the page of a channel; `key` and `query` lead to its file."""

    set: Dataset
    key: str
    query: str
    span: str = "span-12"
    height: int = 440
    as_of: datetime | None = None


class SourceValue(ConsolePage):
    """One channel: funnel, cohorts, who stays, when it has paid for itself; beside segments."""

    template_name = "analytics/source_value.html"
    page_title = _("Value of a channel")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        form = _form(self.request, default_days=_LONG)
        source, asked = asked_source(self.request), form.asked
        choice = segment_choice(self.request.GET, operator, now=timezone.now())
        everyone, *segments = parts = _parts(operator, choice)
        own, *beside = source_segments.sides_yet(source, asked.period, parts)
        channel = Channel.objects.filter(state=source.state).first() if source.state else None
        row = Row(source, channel, own.figures if own is not None else SourceFigures())
        drawn = against_holdout(source, asked.period) if operator.sees_everything else None
        known = [side for side in beside if side is not None]
        charts = _charts(own, known if len(known) == len(segments) else [], asked, parts)
        return super().get_context_data(
            title=row.name,
            form=form,
            choice=choice,
            row=row,
            found=row.figures if own is not None else None,
            payback=board.payback_words(row.figures),
            charts=charts,
            is_waiting=own is None or len(known) < len(segments),
            is_narrow=not operator.sees_everything,
            holdout_lines=_against(drawn, people=row.figures.won) if drawn is not None else [],
            settings=value_settings(),
            measured=last_measured(),
            as_of=everyone.oldest,
            **kwargs,
        )


def _charts(
    own: source_segments.Side | None,
    beside: Sequence[source_segments.Side],
    asked: AskedPeriod,
    parts: Sequence[Figures],
) -> list[Shown]:
    """Each of the channel's charts, followed by the same of the chosen segments."""
    if own is None:
        return []
    query, as_of = f"{board.source_query(own.source)}&{asked.query}", min(p.oldest for p in parts)
    chosen = "".join(f"&segment={side.part.segment_id}" for side in beside)

    def whole(found: Dataset, span: str = "span-12", height: int = 440) -> Shown:
        return Shown(found, found.key, query, span, height)

    def split(make: _Split) -> list[Shown]:
        found = [make([own, *beside])] if beside else []
        return [Shown(one, one.key, f"{query}{chosen}", height=360, as_of=as_of) for one in found]

    return [
        whole(board.funnel(own.figures), "span-6", 300),
        whole(board.payback(own.figures), "span-6", 300),
        *split(source_segments.funnel),
        *split(source_segments.value),
        whole(board.cohort_values(own.detail.cohorts)),
        *(_cohorts_of(side, query, as_of) for side in beside),
        whole(board.staying(staying(own.detail.own, own.detail.others))),
        *split(source_segments.staying),
    ]


def _cohorts_of(side: source_segments.Side, query: str, as_of: datetime) -> Shown:
    found, number = source_segments.cohorts([side]), side.part.segment_id
    title = f"{gettext('Revenue per customer by month of adding')} · {side.name}"
    named = replace(found, key=f"{found.key}-{number}", title=title)
    return Shown(named, found.key, f"{query}&segment={number}", as_of=as_of)


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


def _everyone(request: HttpRequest) -> Figures:
    """Of all customers the operator may see."""
    return Figures(whole(operator_of(request)), now=timezone.now())


def _parts(operator: Operator, choice: SegmentChoice) -> list[Figures]:
    """All of these customers, and those of each chosen segment among them."""
    now = timezone.now()
    return [Figures(part, now=now) for part in (whole(operator), *choice.parts)]


def _asked_parts(request: HttpRequest) -> list[Figures]:
    operator = operator_of(request)
    return _parts(operator, segment_choice(request.GET, operator, now=timezone.now()))


def _overview(everyone: Figures, period: Period) -> Overview:
    """Raises BeingWorkedOut."""
    return listed(everyone.channels(period), value_settings())


def _total_before(everyone: Figures, before: Period | None) -> SourceFigures | None:
    """All channels in the days to compare with. Raises BeingWorkedOut."""
    if before is None:
        return None
    if everyone.part.scope is None:
        return total_of(before, settings=value_settings())
    return everyone.channels(before).total(value_settings())


def _detail(request: HttpRequest, asked: AskedPeriod) -> Detail:
    """Raises BeingWorkedOut."""
    return _everyone(request).channel(asked_source(request), asked.period)


def _of_one_or_all(request: HttpRequest, asked: AskedPeriod) -> SourceFigures:
    """A page names its source; who names none, as a report, asks for all of them together."""
    if request.GET.keys() & {"state", "add_way"}:
        seen = _detail(request, asked).seen
        return seen.figures(asked_source(request), value_settings())
    return _overview(_everyone(request), asked.period).total


def _funnel(request: HttpRequest, asked: AskedPeriod) -> Dataset:
    return board.funnel(_of_one_or_all(request, asked))


def _payback(request: HttpRequest, asked: AskedPeriod) -> Dataset:
    return board.payback(_of_one_or_all(request, asked))


def _staying(request: HttpRequest, asked: AskedPeriod) -> Dataset:
    found = _detail(request, asked)
    return board.staying(staying(found.own, found.others))


def _cohorts(request: HttpRequest, asked: AskedPeriod) -> Dataset:
    return board.cohort_values(_detail(request, asked).cohorts)


_Make: TypeAlias = Callable[[HttpRequest, AskedPeriod], Dataset]


def _beside(make: _Split, *, after: int = 0) -> _Make:
    """Of all customers and each segment; of the segments alone `after` the first."""
    return lambda request, asked: make(
        source_segments.sides(asked_source(request), asked.period, _asked_parts(request)[after:])
    )


_CHARTS: dict[str, _Make] = {
    "source-funnel": _funnel,
    "source-payback": _payback,
    "source-cohorts": _cohorts,
    "source-staying": _staying,
    "source-segments": _beside(source_segments.funnel),
    "source-segments-payback": _beside(source_segments.value),
    "source-segments-cohorts": _beside(source_segments.cohorts, after=1),
    "source-segments-staying": _beside(source_segments.staying),
}


def _by_source(request: HttpRequest) -> Dataset:
    asked = _form(request).asked
    return board.by_source(_overview(_everyone(request), asked.period), asked)


def _by_segment(request: HttpRequest) -> Dataset:
    """Raises BeingWorkedOut."""
    asked, parts = _form(request).asked, _asked_parts(request)
    rows = _overview(parts[0], asked.period).rows
    return source_parts.by_segment(parts, rows, asked)


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
