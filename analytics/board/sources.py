"""The charts of channels (渠道价值), each with the table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from analytics.metrics.proportions import Share
from analytics.metrics.ratios import known
from analytics.metrics.survival import Durations, kaplan_meier
from analytics.periods import AskedPeriod
from analytics.selectors.source_detail import MONTH_DAYS, Cohort, Staying
from analytics.selectors.source_figures import LOST_BY, Figures, Overview, Row, Source
from analytics.selectors.source_sql import FRIEND_DAYS, SECOND_ORDER_DAYS
from scrm.console import charts
from scrm.console.datasets import (
    Column,
    Dataset,
    counts,
    money,
    month_name,
    months,
    shares,
    words,
)
from scrm.console.templatetags.console import number

_DRAWN = 15
_COHORTS_DRAWN = 18


def payback_words(found: Figures) -> str:
    """The day of the payback, "not yet", or a dash where no cost is entered."""
    if found.cac_fen is None:
        return "–"
    day = found.payback_day
    if day is None:
        return gettext("Not yet")
    return days_words(day)


def days_words(days: int) -> str:
    if not days:
        return gettext("Same day")
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


def source_query(source: Source) -> str:
    return urlencode({"state": source.state} if source.state else {"add_way": source.add_way})


def address_of(source: Source, asked: AskedPeriod, segments: Sequence[int] = ()) -> str:
    """The page of one source, for the same days and segments."""
    beside = "".join(f"&segment={number}" for number in segments)
    return f"{reverse('console:source-value')}?{source_query(source)}&{asked.query}{beside}"


def by_source(found: Overview, asked: AskedPeriod) -> Dataset:
    """Every source with all its figures; drawn are what a customer cost and has brought."""
    rows = [_line(row) for row in found.rows]
    shown = [row for row in found.rows if row.figures.won][:_DRAWN]
    return Dataset(
        key="channel-value",
        title=_("Cost of winning a customer, and what she has brought so far"),
        metric="channel-cac",
        columns=_COLUMNS,
        rows=rows,
        option=charts.bars(
            [row.name for row in shown],
            [
                (gettext("CAC"), [round(row.figures.cac_fen or 0) for row in shown]),
                (
                    gettext("Brought per customer"),
                    [round(row.figures.earned_fen / row.figures.won) for row in shown],
                ),
            ],
            formatter="@fen",
            are_names=True,
            links=[address_of(row.source, asked) for row in shown],
        ),
        links=[address_of(row.source, asked) for row in found.rows],
        is_wide=True,
    )


_COLUMNS: tuple[Column, ...] = (
    words(_("Channel")),
    counts(_("Added")),
    counts(_("New customers")),
    counts(_("Added again")),
    counts(_("Had ordered before")),
    *(
        column
        for days in LOST_BY
        for column in (
            shares(_("Lost by day %(days)d") % {"days": days}),
            shares(_("Lower bound (95 %)")),
            shares(_("Upper bound (95 %)")),
        )
    ),
    counts(_("Long enough ago")),
    counts(_("First order within 30 days")),
    shares(_("First order conversion")),
    shares(_("Lower bound (95 %)")),
    shares(_("Upper bound (95 %)")),
    money(_("Net revenue so far")),
    money(_("Per customer")),
    money(_("Predicted per customer, 365 days")),
    money(_("Cost")),
    money(_("CAC")),
    words(_("Payback")),
    shares(_("ROI")),
)


def _line(row: Row) -> tuple[object, ...]:
    seen, order = row.figures, row.figures.first_order
    lost = [
        value
        for found in seen.lost
        for value in ((found.share, found.low, found.high) if found else (None, None, None))
    ]
    return (
        row.name,
        seen.adds,
        seen.won,
        seen.again,
        seen.known,
        *lost,
        order.whole,
        order.part,
        order.share,
        order.low,
        order.high,
        seen.net_fen,
        seen.ltv_fen,
        seen.predicted_mean_fen,
        seen.cost_fen,
        seen.cac_fen,
        payback_words(seen),
        seen.roi,
    )


def funnel_steps(found: Figures) -> list[tuple[str, Share]]:
    """Added → still friend → first order → second order, each with its own time limit."""
    days, long = {"days": FRIEND_DAYS}, {"days": SECOND_ORDER_DAYS}
    return [
        (gettext("Still a friend on day %(days)d") % days, found.still_friends),
        (gettext("First order within %(days)d days") % days, found.first_order),
        (gettext("Second order within %(days)d days") % long, found.second_order),
    ]


def funnel(found: Figures) -> Dataset:
    rows = [
        (gettext("Added"), found.won, found.won, 1.0, None, None),
        *(
            (name, share.whole, share.part, share.share, share.low, share.high)
            for name, share in funnel_steps(found)
        ),
    ]
    return Dataset(
        key="source-funnel",
        title=_("From adding to the second order"),
        metric="channel-funnel",
        columns=(
            words(_("Step")),
            counts(_("Long enough ago")),
            counts(_("Got there")),
            shares(_("Share")),
            shares(_("Lower bound (95 %)")),
            shares(_("Upper bound (95 %)")),
        ),
        rows=rows if found.won else [],
        option=charts.ladder(
            [row[0] for row in rows],
            [round(row[3] or 0, 4) for row in rows],
            name=gettext("Share"),
            formatter="@percent",
        ),
    )


def payback(found: Figures) -> Dataset:
    """What a customer has brought by each day, against what she cost."""
    seen = found.by_age
    rows = (
        [
            (int(age), int(watched), found.margin * float(value), found.cac_fen)
            for age, watched, value in zip(seen.age, seen.watched, seen.value, strict=True)
        ]
        if seen is not None and seen.value.any()
        else []
    )
    drawn = [(gettext("Brought per customer"), [(day, round(fen)) for day, _n, fen, _cac in rows])]
    if found.cac_fen is not None and rows:
        cac = round(found.cac_fen)
        drawn.append((gettext("CAC"), [(rows[0][0], cac), (rows[-1][0], cac)]))
    return Dataset(
        key="source-payback",
        title=_("Payback: what a customer has brought, against what she cost"),
        metric="channel-payback",
        columns=(
            counts(_("Days after the adding")),
            counts(_("Customers in view")),
            money(_("Brought per customer")),
            money(_("CAC")),
        ),
        rows=rows,
        option=charts.steps(drawn, x_name=gettext("Days after the adding"), formatter="@fen"),
    )


def cohort_values(found: Sequence[Cohort]) -> Dataset:
    """Value per customer by month of adding and months since; only what is over for all."""
    longest = longest_of(found)
    rows = [
        (
            cohort.month,
            cohort.size,
            *cohort.value_fen,
            *([None] * (longest - len(cohort.value_fen))),
        )
        for cohort in found
    ]
    return Dataset(
        key="source-cohorts",
        title=_("Revenue per customer by month of adding"),
        metric="channel-cohorts",
        columns=(months(_("Added in")), counts(_("Customers")), *month_columns(longest)),
        rows=rows if longest else [],
        option=cohort_map([("", found)]),
        is_wide=True,
    )


def longest_of(found: Sequence[Cohort]) -> int:
    """How many months the oldest has behind it."""
    return max((len(cohort.value_fen) for cohort in found), default=0)


def month_columns(longest: int) -> list[Column]:
    return [
        money(_("By day %(days)d") % {"days": MONTH_DAYS * (later + 1)}) for later in range(longest)
    ]


def cohort_map(groups: Sequence[tuple[str, Sequence[Cohort]]]) -> charts.Option:
    """Cohorts as a heat map, group below group, each row with what its group is called. Drawn are
    the latest that have a month to show.
    """
    shown = [
        (f"{before}{month_name(cohort.month)}", cohort.value_fen[:_COHORTS_DRAWN])
        for before, found in groups
        for cohort in [cohort for cohort in found if cohort.value_fen][-_COHORTS_DRAWN:]
    ]
    cells = [
        (later, place, fen, f"¥{fen / 100:,.0f}", True)
        for place, (_name, brought) in enumerate(shown)
        for later, fen in enumerate(brought)
    ]
    span = max((len(brought) for _name, brought in shown), default=0)
    return charts.heat_map(
        [name for name, _brought in shown],
        [f"+{later + 1}" for later in range(span)],
        cells,
        most=max((cell[2] for cell in cells), default=1.0),
    )


def staying(found: Staying) -> Dataset:
    """The curve of the source with its band, beside that of all others."""
    own, others = steps(found.own), steps(found.others)
    drawn: list[tuple[str, list[tuple[float, float | None]]]] = [
        (gettext("This channel"), [(row[0], row[2]) for row in own]),
        (gettext("Lower bound (95 %)"), [(row[0], row[3]) for row in own]),
        (gettext("Upper bound (95 %)"), [(row[0], row[4]) for row in own]),
    ]
    if others:
        drawn.append((gettext("All others"), [(row[0], row[2]) for row in others]))
    lowest = min((row[3] or 1.0 for row in own), default=0.0)
    return Dataset(
        key="source-staying",
        title=_("Who stays a friend"),
        metric="churn-unfriended",
        columns=(
            counts(_("Days after the adding")),
            counts(_("Relations in view")),
            shares(_("Still friends")),
            shares(_("Lower bound (95 %)")),
            shares(_("Upper bound (95 %)")),
        ),
        rows=own,
        option=charts.steps(
            drawn,
            x_name=gettext("Days after the adding"),
            formatter="@percent",
            least=max(0.0, int(lowest * 10) / 10),
            most=1.0,
        ),
        note=log_rank_words(found),
    )


def log_rank_words(found: Staying) -> str:
    """What the comparison with all other channels says."""
    if found.test is None:
        return gettext("Nothing to compare with yet.")
    said = {"p": number(found.test.p_value, 3), "chi": number(found.test.chi_square, 2)}
    if found.test.p_value < 0.05:
        return gettext("Differs from all other channels (log-rank χ² %(chi)s, p %(p)s).") % said
    return gettext("Not told apart from all other channels (log-rank χ² %(chi)s, p %(p)s).") % said


def steps(
    seen: Durations | None,
) -> list[tuple[int, int, float, float | None, float | None]]:
    if seen is None:
        return []
    curve = kaplan_meier(seen)
    columns = (curve.time, curve.at_risk, curve.survival, curve.lower, curve.upper)
    found: list[tuple[int, int, float, float | None, float | None]] = [
        (0, int(seen.at_risk[0]), 1.0, None, None),
        *(
            (int(day), int(n), float(share), known(low), known(high))
            for day, n, share, low, high in zip(*columns, strict=True)
        ),
    ]
    # Until the last day on which anybody is in view nothing more happens.
    if seen.time[-1] > found[-1][0]:
        found.append((int(seen.time[-1]), int(seen.at_risk[-1]), *found[-1][2:]))
    return found
