"""Stages and the moves between them in a period (生命周期流转)."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.courses import before_name
from analytics.board.figures import Figures
from analytics.periods import Period
from contacts.models import Stage
from contacts.selectors.stage_datasets import STAGE_COLOURS
from contacts.selectors.stage_flow import stage_label
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, days, shares, words


def stage_moves(figures: Figures) -> Dataset:
    """From which stage to which customers moved in the period, and in the one before."""
    period, before = figures.asked.period, figures.before
    ladder = ["", *Stage.values]
    # A change of the kind of loss is no move between stages.
    found = {pair: n for pair, n in figures.current.moves.items() if pair[0] != pair[1] and n}
    earlier = before.moves if before is not None else {}
    pairs = sorted(
        {*found, *(pair for pair in earlier if pair[0] != pair[1])},
        key=lambda pair: [ladder.index(stage) for stage in pair],
    )
    columns: list[Column] = [words(_("From")), words(_("To")), counts(_("Customers"))]
    if before is not None:
        columns.append(counts(before_name(figures)))
    rows = []
    for one, other in pairs:
        row = [stage_label(one), stage_label(other), found.get((one, other), 0)]
        rows.append((*row, earlier.get((one, other), 0)) if before is not None else tuple(row))
    flows = [
        (stage_label(one), stage_label(other), found[one, other])
        for one, other in pairs
        if (one, other) in found
    ]
    return Dataset(
        key="stage-moves",
        title=_("Moves between the stages"),
        metric="lifecycle",
        columns=columns,
        rows=rows,
        links=[drill.moved(one, other, period) for one, other in pairs],
        option=charts.streams(
            flows,
            before=gettext("Before"),
            after=gettext("After"),
            colours={stage_label(stage): colour for stage, colour in STAGE_COLOURS.items()},
        ),
    )


def stage_shares(figures: Figures) -> Dataset:
    """How the customers of each segment are spread over the stages, now."""
    parts = [(gettext("All customers"), figures.current)]
    parts += [(part.label, sums) for part, sums, _before in figures.by_segment]
    found = [(name, sums.stages, sum(sums.stages.values())) for name, sums in parts]
    has_any = any(total for _name, _stages, total in found)
    series = [
        (
            str(stage.label),
            [stages[stage] / total if total else 0 for _name, stages, total in found],
        )
        for stage in Stage
    ]
    return Dataset(
        key="stage-shares",
        title=_("Share of the stages, now"),
        metric="lifecycle",
        columns=(
            words(_("Customers of")),
            counts(_("Customers")),
            *(shares(name) for name, _values in series),
        ),
        rows=[
            (name, total, *(values[number] for _name, values in series))
            for number, (name, _stages, total) in enumerate(found)
        ]
        if has_any
        else [],
        option=charts.bars(
            [name for name, _stages, _total in found], series, formatter="@percent", stacked=True
        ),
    )


def lifecycle(figures: Figures) -> Dataset:
    found = figures.standings
    has_any = any(standing.customers for standing in found)
    links = [drill.in_stage(standing.stage, standing.lost_kind) for standing in found]
    return Dataset(
        links=links if has_any else [],
        key="lifecycle",
        title=_("Lifecycle stages"),
        metric="lifecycle",
        columns=(words(_("Stage")), counts(_("Customers"))),
        rows=[(s.label, s.customers) for s in found] if has_any else [],
        option=charts.ladder(
            [s.label for s in found],
            [s.customers for s in found],
            name=gettext("Customers"),
            links=links,
        ),
    )


def lifecycle_flow(figures: Figures) -> Dataset:
    found = figures.flow
    stages = [(str(stage.label), stage) for stage in Stage]
    has_any = any(any(flow.entered.values()) for flow in found)
    return Dataset(
        key="lifecycle-flow",
        title=_("Stages entered per week"),
        metric="lifecycle",
        columns=(days(_("Week of")), *(counts(label) for label, _stage in stages)),
        rows=[(flow.monday, *(flow.entered[stage] for _label, stage in stages)) for flow in found]
        if has_any
        else [],
        option=charts.bars(
            [f"{flow.monday:%m-%d}" for flow in found],
            [(label, [flow.entered[stage] for flow in found]) for label, stage in stages],
            formatter="@integer",
            stacked=True,
        ),
    )


def growth(figures: Figures) -> Dataset:
    found = figures.growth
    has_any = any(day.added or day.lost for day in found)
    links = [drill.added_in(Period(day.day, day.day)) for day in found]
    return Dataset(
        links=links if has_any else [],
        key="growth",
        title=_("New and lost customers, 30 days"),
        metric="growth",
        columns=(
            days(_("Day")),
            counts(_("New")),
            counts(_("Lost")),
            counts(_("Net growth")),
        ),
        rows=[(day.day, day.added, day.lost, day.net) for day in found] if has_any else [],
        option=charts.bars(
            [f"{day.day:%m-%d}" for day in found],
            [
                (gettext("New"), [day.added for day in found]),
                (gettext("Lost"), [-day.lost for day in found]),
            ],
            formatter="@integer",
            stacked=True,
            links=links,
        ),
    )
