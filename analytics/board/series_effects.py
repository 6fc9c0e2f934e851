"""What pages say of recurring broadcasts and journeys as a whole (周期群发与旅程效果)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics.board.effect_list import (
    NOT_COMPARED,
    Added,
    added_words,
    effect_cells,
    effect_columns,
    optional,
)
from analytics.board.effects import (
    Line,
    Said,
    curve_of,
    funnel_of,
    lines,
    said,
    worth_lines,
)
from analytics.selectors.broadcast_effects import Return
from analytics.selectors.broadcast_report import Funnel
from analytics.selectors.series_report import Series, SeriesReport
from broadcasts.models import Journey
from broadcasts.selectors.journey_changes import steps_of
from broadcasts.selectors.journey_words import JourneyWords
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days, money, words
from scrm.console.templatetags.console import number


@dataclass(frozen=True)
class Row:
    """One series of the list, as text where it is said."""

    series: Series
    report: SeriesReport
    back: Return | None
    said: Said
    added: str
    interval: str
    worth: str
    worth_interval: str
    address: str


def row_of(found: SeriesReport, back: Return | None) -> Row:
    told = (*added_words(_added(found)), *added_words(_worth(found)))
    return Row(found.series, found, back, said_of(found), *told, address=address_of(found.series))


def address_of(series: Series) -> str:
    """Of its report."""
    return reverse(f"console:{series.kind}-effect", args=[series.row.pk])


def kind_words(series: Series) -> str:
    return _("Journey") if isinstance(series.row, Journey) else _("Recurring broadcast")


def said_of(found: SeriesReport) -> Said:
    """The verdict on revenue. The interval holds at all looks, so none has to be waited for."""
    compared = found.compared
    if compared.draw and not (compared.people and compared.held_people):
        return Said("blue", _("Still counting"), waiting_words(found))
    return said(found.revenue, is_over=True, is_for_groups=found.series.is_for_groups)


def waiting_words(found: SeriesReport) -> str:
    """How many are not counted yet because their window is open; empty when nobody is."""
    waiting = found.compared.waiting
    if not waiting:
        return ""
    told = {"waiting": number(waiting), "days": found.days}
    if found.series.is_for_groups:
        return (
            ngettext(
                "%(waiting)s group is within its %(days)s days and counts when they are over.",
                "%(waiting)s groups are within their %(days)s days and count when they are over.",
                waiting,
            )
            % told
        )
    return (
        ngettext(
            "%(waiting)s customer is within her %(days)s days and counts when they are over.",
            "%(waiting)s customers are within their %(days)s days and count when they are over.",
            waiting,
        )
        % told
    )


def lines_of(found: SeriesReport) -> list[Line]:
    arms = found.compared
    return lines(arms.treated, arms.held, **_as_others(found))


def worth_lines_of(found: SeriesReport) -> list[Line]:
    """Incremental LTV, of the same customers; empty without forecasts."""
    return worth_lines(found.compared.worth, **_as_others(found))


def _as_others(found: SeriesReport) -> dict[str, Any]:
    return {
        "people": found.compared.people,
        "is_over": True,
        "is_for_groups": found.series.is_for_groups,
        "alpha": found.alpha,
    }


def steps(found: SeriesReport) -> list[tuple[str, Funnel]]:
    """The messages of a journey in their order, by what they are called; of a plan none."""
    row = found.series.row
    if not isinstance(row, Journey):
        return []
    said = JourneyWords()
    titles: dict[str, str] = {}
    # Steps that only older versions had come last.
    for version in row.versions.order_by("-number"):
        for key, step in steps_of(version.definition).items():
            titles.setdefault(key, said.step_title(step))
    order = {key: place for place, key in enumerate(titles)}
    parts = sorted(found.parts.items(), key=lambda part: order.get(part[0], len(order)))
    return [(titles.get(key, key), part) for key, part in parts]


def funnel(found: SeriesReport) -> Dataset:
    return funnel_of(found.funnel, is_for_groups=found.series.is_for_groups)


def curve(found: SeriesReport) -> Dataset:
    return curve_of(
        found.compared.course,
        title=gettext_lazy("Revenue per customer since her first message"),
        x_name=_("Days since the first message"),
        metric="series-uplift",
    )


CHARTS = MappingProxyType({"effect-funnel": funnel, "effect-days": curve})


def series_effects(rows: Iterable[Row]) -> Dataset:
    """The list as a chart and a file: what each added, with its bounds."""
    listed = list(rows)
    compared = [row for row in listed if _added(row.report)[0] is not None]
    return Dataset(
        key="series-effects",
        title=gettext_lazy("Revenue added by each recurring broadcast and journey"),
        metric="series-uplift",
        columns=(
            words(gettext_lazy("Name")),
            words(gettext_lazy("Kind")),
            days(gettext_lazy("Newest message")),
            counts(gettext_lazy("Messages")),
            *effect_columns(),
            optional(money, gettext_lazy("Incremental LTV")),
            optional(money, gettext_lazy("Incremental LTV: lower bound (95 %)")),
            optional(money, gettext_lazy("Incremental LTV: upper bound (95 %)")),
        ),
        rows=[_listed(row) for row in listed],
        option=charts.bars(
            [str(row.series.row) for row in compared],
            [(_("Revenue added"), [round(_added(row.report)[0] or 0) for row in compared])],
            formatter="@fen",
        ),
        is_wide=True,
    )


def _added(found: SeriesReport) -> Added:
    return found.revenue.total(found.compared.people) or NOT_COMPARED


def _worth(found: SeriesReport) -> Added:
    worth = found.worth
    return (worth and worth.total(found.compared.people)) or NOT_COMPARED


def _listed(row: Row) -> Sequence[Any]:
    found = row.report
    return (
        str(row.series.row),
        kind_words(row.series),
        found.sent.last_at or found.now,
        found.messages,
        *effect_cells(found.funnel, _added(found), row.said, row.back),
        *_worth(found),
    )
