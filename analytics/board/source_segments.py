"""One channel beside segments (单个渠道 × 人群): the funnel, cohorts, staying and money of those of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.figures import Source, all_of, known_yet
from analytics.board.sources import cohort_map, funnel_steps, longest_of, month_columns, steps
from analytics.periods import Period
from analytics.selectors.parts import Part
from analytics.selectors.source_detail import Detail
from analytics.selectors.source_figures import Figures
from analytics.selectors.source_figures import Source as Channel
from analytics.selectors.value_settings import value_settings
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, money, months, shares, words

_NOW = _(
    "Customers the channel won who are in the segment now; one chosen by orders or money differs by "
    "its own rule. Costs are of whole channels and are not split."
)
# Ages at which the table tells what a customer has brought.
_AGES = (0, 7, 30, 60, 90, 180, 365)


@dataclass(frozen=True)
class Side:
    """One channel among the customers of a part."""

    source: Channel
    part: Part
    detail: Detail
    figures: Figures

    @property
    def name(self) -> str:
        return self.part.label or gettext("All customers")


def sides_yet(which: Channel, period: Period, sources: Sequence[Source]) -> list[Side | None]:
    """The channel in each part, None where a worker is at it; all of these are asked for at once."""
    settings = value_settings()
    read = [(source.part, known_yet(partial(source.channel, which, period))) for source in sources]
    return [
        None if detail is None else Side(which, part, detail, detail.seen.figures(which, settings))
        for part, detail in read
    ]


def sides(which: Channel, period: Period, sources: Sequence[Source]) -> list[Side]:
    """The same. Raises BeingWorkedOut where some are missing."""
    all_of([partial(source.channel, which, period) for source in sources])
    return [side for side in sides_yet(which, period, sources) if side is not None]


def funnel(found: Sequence[Side]) -> Dataset:
    """How far the customers of each part went, and what they have brought."""
    steps_of = [funnel_steps(side.figures) for side in found]
    heads = [name for name, _share in steps_of[0]]
    has_any = any(side.figures.won for side in found)
    return Dataset(
        key="source-segments",
        title=_("Side by side: %(what)s") % {"what": _("From adding to the second order")},
        metric="channel-funnel",
        columns=(
            words(_("Customers of")),
            counts(_("New customers")),
            *(column for head in heads for column in _with_bounds(head)),
            money(_("Net revenue so far")),
            money(_("Brought per customer")),
            money(_("Predicted per customer, 365 days")),
        ),
        rows=[
            (
                side.name,
                side.figures.won,
                *(value for _head, got in mine for value in (got.share, got.low, got.high)),
                side.figures.net_fen,
                side.figures.ltv_fen,
                side.figures.predicted_mean_fen,
            )
            for side, mine in zip(found, steps_of, strict=True)
        ]
        if has_any
        else [],
        links=[drill.segment(side.part.segment_id) for side in found] if has_any else [],
        option=charts.bars(
            heads,
            [
                (side.name, [round(got.share or 0, 4) for _head, got in mine])
                for side, mine in zip(found, steps_of, strict=True)
            ],
            formatter="@percent",
            are_names=True,
        ),
        note=_NOW,
    )


def _with_bounds(head: str) -> tuple[Column, ...]:
    return (shares(head), shares(_("Lower bound (95 %)")), shares(_("Upper bound (95 %)")))


def value(found: Sequence[Side]) -> Dataset:
    """What a customer of each part has brought by her age, per customer in view."""
    curves = [(side.name, side.figures.by_age, side.figures.margin) for side in found]
    drawn = [
        (
            name,
            [(int(age), round(margin * fen)) for age, fen in zip(seen.age, seen.value, strict=True)]
            if seen is not None
            else [],
        )
        for name, seen, margin in curves
    ]
    has_any = any(fen for _name, points in drawn for _age, fen in points)
    return Dataset(
        key="source-segments-payback",
        title=_("Side by side: %(what)s")
        % {"what": _("Brought per customer, by days since adding")},
        metric="channel-payback",
        columns=(
            words(_("Customers of")),
            counts(_("Customers in view")),
            *(money(_("By day %(days)d") % {"days": days}) for days in _AGES),
        ),
        rows=[
            _brought(name, points, side) for (name, points), side in zip(drawn, found, strict=True)
        ]
        if has_any
        else [],
        links=[drill.segment(side.part.segment_id) for side in found] if has_any else [],
        option=_equal(
            charts.steps(drawn, x_name=gettext("Days after the adding"), formatter="@fen")
        ),
        note=_NOW,
    )


def _brought(name: str, points: Sequence[tuple[int, int]], side: Side) -> tuple[Any, ...]:
    by_age = dict(points)
    seen = side.figures.by_age
    watched = int(seen.watched[0]) if seen is not None and len(seen.watched) else 0
    return (name, watched, *(by_age.get(days) for days in _AGES))


def cohorts(found: Sequence[Side]) -> Dataset:
    """The cohorts of each part, one after the other."""
    longest = max((longest_of(side.detail.cohorts) for side in found), default=0)
    return Dataset(
        key="source-segments-cohorts",
        title=_("Side by side: %(what)s") % {"what": _("Revenue per customer by month of adding")},
        metric="channel-cohorts",
        columns=(
            months(_("Added in")),
            words(_("Customers of")),
            counts(_("Customers")),
            *month_columns(longest),
        ),
        rows=[
            (
                cohort.month,
                side.name,
                cohort.size,
                *cohort.value_fen,
                *[None] * (longest - len(cohort.value_fen)),
            )
            for side in found
            for cohort in side.detail.cohorts
            if longest
        ],
        option=cohort_map(
            [(f"{side.name} " if len(found) > 1 else "", side.detail.cohorts) for side in found]
        ),
        is_wide=True,
        note=_NOW,
    )


def staying(found: Sequence[Side]) -> Dataset:
    """How long relations of the channel last with the customers of each part."""
    rows = [(side.name, *row) for side in found for row in steps(side.detail.own)]
    drawn = [(side.name, [(row[0], row[2]) for row in steps(side.detail.own)]) for side in found]
    lowest = min((share or 0.0 for _name, line in drawn for _day, share in line), default=0.0)
    return Dataset(
        key="source-segments-staying",
        title=_("Side by side: %(what)s") % {"what": _("Who stays a friend")},
        metric="churn-unfriended",
        columns=(
            words(_("Customers of")),
            counts(_("Days after the adding")),
            counts(_("Relations in view")),
            shares(_("Still friends")),
            shares(_("Lower bound (95 %)")),
            shares(_("Upper bound (95 %)")),
        ),
        rows=rows,
        option=_equal(
            charts.steps(
                drawn,
                x_name=gettext("Days after the adding"),
                formatter="@percent",
                least=max(0.0, int(lowest * 10) / 10),
                most=1.0,
            )
        ),
        note=_NOW,
    )


def _equal(option: charts.Option) -> charts.Option:
    """Curves of their own, none a bound of the first."""
    for series in option["series"]:
        series["lineStyle"]["width"] = 2
    return option
