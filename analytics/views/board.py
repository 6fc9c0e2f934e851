"""The pages of analytics (数据): value, repurchase, churn, growth, RFM; the downloads behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.board import key_cards
from analytics.board.choice import segment_choice
from analytics.board.datasets import DATASETS
from analytics.board.figures import BeingWorkedOut, Figures, known_yet
from analytics.board.rfm_charts import GROUP_WORDS, group_link
from analytics.metrics.rfm_groups import GROUPS
from analytics.models import MetricsRun
from analytics.periods import period_form
from analytics.selectors.ledger import currency
from analytics.selectors.parts import Part
from analytics.selectors.scope import PERMISSION
from analytics.views.downloads import WaitingDownload
from contacts.models import Order
from scrm.console.datasets import Dataset
from scrm.console.downloads import Datasets
from scrm.console.views import ConsolePage, operator_of
from scrm.segments.days import business_day

Cards = Sequence[Callable[[Figures], key_cards.KeyCard]]

_NO_ORDERS = _("Appears with the first imported order of a known customer.")
_NO_FRIENDS = _("Appears after the first sync of customers.")
_NO_UNFRIENDING = _(
    "No customer has unfriended us so far. The curve appears with the first who does."
)
_NO_FORECAST = _(
    "Appears with the first forecast; the page of customer value says what it still needs."
)
_NO_CUTS = _(
    "Appears after the first nightly calculation with orders: it finds the limits of the scores."
)


_NO_COHORTS = _(
    "Appears when a month after that of a first order is over: import orders, or choose an earlier "
    "or a longer period."
)
_NO_BUYERS = _("Nobody in this segment has ordered yet: import orders, or choose another segment.")
# What a chart speaks of that no period can choose.
_NOW = _("As of today, whatever the period above.")
_ALL_TIME = _("Over all time, whatever the period above.")
_LAST_MONTHS = _("The last twelve months, whatever the period above.")
_LAST_WEEKS = _("The last twelve weeks, whatever the period above.")


@dataclass(frozen=True)
class Shown:
    """A chart with its place on the page, `key`; `dataset` and `query` lead to its file. `set` is
    None while a worker is at its figures.
    """

    key: str
    dataset: str
    query: str
    set: Dataset | None
    span: str
    height: int
    empty: str | Promise
    of_time: str | Promise


@dataclass(frozen=True)
class Chart:
    """A chart of a page, by the name of its dataset; `of_time` says of what time it speaks where that
    is not the period.
    """

    key: str
    empty: str | Promise = _NO_ORDERS
    span: str = "span-6"
    height: int = 320
    # Says nothing of all customers alone.
    needs_segments: bool = False
    # One chart for each of them instead of one for all.
    is_each_segments: bool = False
    of_time: str | Promise = ""

    def shown(self, figures: Figures, query: QueryDict) -> list[Shown]:
        if self.needs_segments and not figures.segments:
            return []
        if not self.is_each_segments:
            return [self._one(figures, query)]
        found = []
        for source in figures.segments:
            asked = query.copy()
            asked["segment"] = str(source.part.segment_id)
            found.append(self._one(figures.beside(source), asked, source.part))
        return found

    def _one(self, figures: Figures, query: QueryDict, of: Part | None = None) -> Shown:
        key = self.key if of is None else f"{self.key}-{of.segment_id}"
        try:
            found = DATASETS[self.key](figures)
            if of is not None:
                found = replace(found, key=key, title=f"{found.title} · {of.label}")
        except BeingWorkedOut:
            found = None
        return Shown(
            key=key,
            dataset=self.key,
            query=query.urlencode(),
            set=found,
            span=self.span,
            height=self.height,
            empty=self.empty,
            of_time=self.of_time,
        )


def _each_segments(key: str) -> Chart:
    """The cohorts of each chosen segment, below those of all customers."""
    return Chart(
        key,
        _NO_BUYERS,
        "span-12",
        480,
        needs_segments=True,
        is_each_segments=True,
        of_time=_ALL_TIME,
    )


def figures_for(request: HttpRequest) -> Figures:
    """What the address asks for; what of it cannot be read counts as not asked."""
    operator, now = operator_of(request), timezone.now()
    form = period_form(request.GET, today=business_day(now))
    chosen = segment_choice(request.GET, operator, now=now)
    return Figures.of(operator, now=now, asked=form.asked, segments=chosen.parts)


class BoardPage(ConsolePage):
    """A page of figures and charts over a period, beside that before and beside segments."""

    template_name = "analytics/board.html"
    permission = PERMISSION
    about: str | Promise = ""
    figures: ClassVar[Cards] = ()
    charts: ClassVar[Sequence[Chart]] = ()
    # Cards that the page's own template adds.
    extra_cards: ClassVar[int] = 0

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        form = period_form(self.request.GET, today=business_day(now))
        choice = segment_choice(self.request.GET, operator, now=now)
        figures = Figures.of(operator, now=now, asked=form.asked, segments=choice.parts)
        cards = [make(figures) for make in self.figures]
        charts = [
            shown for chart in self.charts for shown in chart.shown(figures, self.request.GET)
        ]
        current = currency(now=now)
        run = current.last
        overview = known_yet(lambda: figures.overview)
        return super().get_context_data(
            about=self.about,
            form=form,
            choice=choice,
            cards=cards,
            # Rows of three or of four, so that none is left half empty.
            card_span="span-3" if (len(cards) + self.extra_cards) % 4 == 0 else "span-4",
            charts=charts,
            is_waiting=any(chart.set is None for chart in charts)
            or any(card.value is None for card in cards),
            as_of=_as_of(figures, run),
            last_run=run,
            currency=current,
            overview=overview,
            is_first_run_due=run is None and Order.objects.filter(contact__isnull=False).exists(),
            may_import=operator.has_perm("contacts.add_order"),
            **self.of_page(figures),
            **kwargs,
        )

    def of_page(self, _figures: Figures) -> dict[str, Any]:
        """What only this page shows."""
        return {}


class ValuePage(BoardPage):
    """What customers are worth (LTV), first of all pages."""

    template_name = "analytics/value.html"
    page_title = _("Customer value (LTV)")
    about = _("What customers have brought so far, and what may be expected of them.")
    figures: ClassVar[Cards] = (
        key_cards.LTV.card,
        key_cards.NET.card,
        key_cards.ORDER_VALUE.card,
        key_cards.NEW_BUYERS.card,
        key_cards.pareto,
    )
    extra_cards = 1
    charts = (
        Chart("ltv-course", span="span-12"),
        Chart("segments-value", span="span-12", needs_segments=True),
        Chart("period-revenue"),
        Chart("new-and-returning"),
        Chart("ltv-by-cohort", of_time=_ALL_TIME),
        Chart("value-bands", of_time=_NOW),
        Chart("cohort-value-curve", _NO_COHORTS, "span-12"),
        Chart("cohort-value", span="span-12", height=480, of_time=_ALL_TIME),
        _each_segments("segments-cohort-value"),
        Chart("revenue", span="span-12", of_time=_ALL_TIME),
    )

    def of_page(self, figures: Figures) -> dict[str, Any]:
        return {
            "expected": known_yet(lambda: figures.expected),
            "needed": known_yet(lambda: figures.needed),
            "interval": known_yet(lambda: _interval(figures)),
            "trust": figures.trust,
        }


class RepurchasePage(BoardPage):
    """Who buys again, how soon, how often (复购)."""

    page_title = _("Repurchase")
    about = _("Who buys again, how soon and how often.")
    figures: ClassVar[Cards] = (
        key_cards.REPURCHASE_RATE.card,
        key_cards.RETURNING.card,
        key_cards.SECOND.card,
        key_cards.cycle,
    )
    charts = (
        Chart("period-repurchases", span="span-12"),
        Chart("segments-repurchase", span="span-12", needs_segments=True),
        Chart("first-and-later"),
        Chart("repurchase-curve", of_time=_ALL_TIME),
        Chart("segments-repurchase-curve", span="span-12", needs_segments=True, of_time=_ALL_TIME),
        Chart("cohort-retention-curve", _NO_COHORTS, "span-12"),
        Chart("cohort-retention", span="span-12", height=480, of_time=_ALL_TIME),
        _each_segments("segments-cohort-retention"),
        Chart("purchase-counts", span="span-12", of_time=_NOW),
    )


class ChurnPage(BoardPage):
    """Who leaves: unfriends us, or stops buying (流失). The two are never added up."""

    page_title = _("Churn")
    about = _("Two kinds of loss that are never added up: unfriending, and no longer buying.")
    figures: ClassVar[Cards] = (
        key_cards.UNFRIEND_RATE.card,
        key_cards.LOST.card,
        key_cards.inactive,
    )
    charts = (
        Chart("period-unfriended", _NO_UNFRIENDING, "span-12"),
        Chart("segments-churn", _NO_FRIENDS, "span-12", needs_segments=True),
        Chart("unfriending", _NO_UNFRIENDING, of_time=_ALL_TIME),
        Chart("unfriend-rate", _NO_UNFRIENDING, of_time=_LAST_MONTHS),
        Chart(
            "segments-unfriending",
            _NO_UNFRIENDING,
            "span-12",
            needs_segments=True,
            of_time=_ALL_TIME,
        ),
        Chart("idle-bands", of_time=_NOW),
        Chart("alive", _NO_FORECAST, of_time=_NOW),
    )


class FlowPage(BoardPage):
    """How customers come, move between the stages and go (生命周期流转)."""

    page_title = _("Lifecycle flow")
    about = _("How customers come, move between the stages and go.")
    figures: ClassVar[Cards] = (
        key_cards.NET_GROWTH.card,
        key_cards.ADDED.card,
        key_cards.LOST.card,
        key_cards.effective,
    )
    charts = (
        Chart("stage-moves", _NO_FRIENDS),
        Chart("lifecycle", _NO_FRIENDS, of_time=_NOW),
        Chart("period-growth", _NO_FRIENDS, "span-12"),
        Chart("segments-growth", _NO_FRIENDS, "span-12", needs_segments=True),
        Chart("stage-shares", _NO_FRIENDS, "span-12", needs_segments=True, of_time=_NOW),
        Chart("lifecycle-flow", _NO_FRIENDS, "span-12", of_time=_LAST_WEEKS),
    )


class RfmPage(BoardPage):
    """The 5 × 5 grid of recency and frequency, and its named groups (RFM)."""

    template_name = "analytics/rfm.html"
    page_title = _("RFM")
    about = _(
        "Buyers by how lately and how often they bought, at the end of the period. Open a cell of "
        "today's grid to see who is in it."
    )
    charts = (
        Chart("rfm-grid", _NO_CUTS, "span-12", 460),
        Chart("rfm-groups", _NO_CUTS, "span-12", 380),
        Chart("segments-rfm", _NO_CUTS, "span-12", 380, needs_segments=True),
    )

    def of_page(self, _figures: Figures) -> dict[str, Any]:
        return {
            "groups": [
                {
                    "scores": f"R {_span(group.recency)} · F {_span(group.frequency)}",
                    "name": GROUP_WORDS[group.key][0],
                    "advice": GROUP_WORDS[group.key][1],
                    "link": group_link(group),
                }
                for group in GROUPS
            ]
        }


def _span(scores: tuple[int, int]) -> str:
    low, high = scores
    return str(low) if low == high else f"{low}–{high}"


def _as_of(figures: Figures, run: MetricsRun | None) -> datetime:
    """The oldest of what the page shows: the sums of customers, or an answer that was kept."""
    current = run.current_at if run is not None else None
    return min(figures.as_of, current) if current else figures.as_of


def _interval(figures: Figures) -> tuple[float, float] | None:
    """The mean forecast per buyer, with the error of the back-test."""
    mean = figures.expected.mean_fen
    if mean is None or figures.trust is None:
        return None
    return figures.trust.interval(mean)


def _made(make: Callable[[Figures], Dataset]) -> Callable[[HttpRequest], Dataset]:
    return lambda request: make(figures_for(request))


class Download(WaitingDownload):
    """The period and the segments of the address apply."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {key: _made(make) for key, make in DATASETS.items()}
