"""The charts of the lifecycle page (生命周期), each with its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import LifecycleSettings, Stage
from contacts.selectors.stage_flow import Pair, Week, stage_label
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days, shares, words

STAGE_COLOURS = {
    "": "#9aa7b5",
    Stage.NEW: "#2563ab",
    Stage.FIRST: "#0e7490",
    Stage.REPEAT: "#047857",
    Stage.SILENT: "#c27803",
    Stage.LOST: "#b42318",
}


def gap_curve(settings: LifecycleSettings) -> Dataset:
    """The share of repurchases that came within so many days, with both thresholds."""
    points = [(gap, (number + 1) / 100) for number, gap in enumerate(settings.gap_quantiles)]
    name = gettext("Came back within")
    option = charts.steps(
        [(name, [(0, 0.0), *points])],
        x_name=gettext("Days between two purchase days"),
        formatter="@percent",
        most=1.0,
    )
    limits = (
        (gettext("silent"), settings.silent_after_days),
        (gettext("lost"), settings.lost_after_days),
    )
    option["series"][0]["markLine"] = {
        "symbol": "none",
        "data": [{"xAxis": day, "label": {"formatter": f"{word} {day}"}} for word, day in limits],
    }
    if points:
        option["xAxis"]["max"] = max(points[-1][0], settings.lost_after_days)
    return Dataset(
        key="gap-curve",
        title=_("How long customers take to buy again"),
        columns=(counts(_("Days at most")), shares(_("Share of repurchases"))),
        rows=points,
        option=option,
    )


def streams(weeks: Sequence[Week]) -> Dataset:
    """From which stage to which customers moved over all these weeks."""
    moves = Counter[Pair]()
    for week in weeks:
        moves.update(week.moves)
    # A change of the kind of loss is no move between stages.
    between = {pair: n for pair, n in moves.items() if pair[0] != pair[1] and n}
    ladder = list(STAGE_COLOURS)
    rows = [
        (stage_label(before), stage_label(after), how_many)
        for (before, after), how_many in sorted(
            between.items(), key=lambda row: [ladder.index(stage) for stage in row[0]]
        )
    ]
    return Dataset(
        key="stage-streams",
        title=_("Moves between the stages"),
        columns=(words(_("From")), words(_("To")), counts(_("Customers"))),
        rows=rows,
        option=charts.streams(
            rows,
            before=gettext("Before"),
            after=gettext("After"),
            colours={stage_label(stage): colour for stage, colour in STAGE_COLOURS.items()},
        ),
    )


def weekly(weeks: Sequence[Week]) -> Dataset:
    """New, kept, revived, silent and lost customers of each week."""
    series = (
        (gettext("New"), [week.moves.get(("", Stage.NEW), 0) for week in weeks]),
        (gettext("Revived"), [week.revived for week in weeks]),
        (gettext("Turned silent"), [week.entered[Stage.SILENT] for week in weeks]),
        (gettext("Lost"), [week.entered[Stage.LOST] for week in weeks]),
    )
    return Dataset(
        key="stage-weeks",
        title=_("New, revived, silent and lost by week"),
        columns=(
            days(_("Week of")),
            *(counts(label) for label, _values in series),
            counts(_("Kept: buyers at its end")),
        ),
        rows=[
            (week.monday, *(values[number] for _label, values in series), week.kept)
            for number, week in enumerate(weeks)
        ],
        option=charts.bars(
            [f"{week.monday:%m-%d}" for week in weeks], series, formatter="@integer"
        ),
    )
