"""The charts of the dashboard: each with the table behind it, its CSV and its definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor
from types import MappingProxyType
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import (
    by_segment,
    cohort_charts,
    cohort_maps,
    courses,
    drill,
    layer_charts,
    rfm_charts,
    segment_curves,
    stage_charts,
)
from analytics.board.cohort_maps import whole_month
from analytics.board.figures import Figures
from analytics.metrics.ratios import known
from analytics.metrics.survival import Curve
from scrm.console import charts
from scrm.console.datasets import (
    Dataset,
    counts,
    decimals,
    money,
    month_name,
    months,
    shares,
    words,
)

_COHORTS_ON_PAGE = 18


# (day, still in view, share, lower and upper bound)
Point: TypeAlias = tuple[int, int, float, float | None, float | None]


def ltv_by_cohort(figures: Figures) -> Dataset:
    rows = [
        (c.month, c.size, c.orders_per_buyer, c.order_value_fen, c.value_fen)
        for c in figures.cohort_values
    ]
    shown = rows[-_COHORTS_ON_PAGE:]
    links = [drill.first_bought_in(whole_month(row[0])) for row in rows]
    return Dataset(
        links=links,
        key="ltv-by-cohort",
        title=_("LTV by month of the first order"),
        metric="cohort-value",
        columns=(
            months(_("First order in")),
            counts(_("Customers")),
            decimals(_("Orders per buyer")),
            money(_("Average order value")),
            money(_("LTV so far")),
        ),
        rows=rows,
        option=charts.bars(
            [month_name(row[0]) for row in shown],
            [(gettext("LTV so far"), [round(row[4]) for row in shown])],
            formatter="@fen",
            links=links[-_COHORTS_ON_PAGE:],
        ),
    )


def repurchase_curve(figures: Figures) -> Dataset:
    return _curve(
        (_points(figures.second_order, is_complement=True), _longest(figures, "waiting")),
        key="repurchase-curve",
        title=_("How soon customers come back"),
        metric="repurchase-curve",
        x_name=_("Days after the first order"),
        in_view=_("Still waiting"),
        share=_("Have come back"),
    )


def unfriending(figures: Figures) -> Dataset:
    return _curve(
        (_points(figures.friendship, is_complement=False), _longest(figures, "friendships")),
        key="unfriending",
        title=_("How long friendships last"),
        metric="churn-unfriended",
        x_name=_("Days after the adding"),
        in_view=_("Relations in view"),
        share=_("Still friends"),
    )


def _curve(
    watched: tuple[Sequence[Point], int],
    *,
    key: str,
    title: str | Promise,
    metric: str,
    x_name: str | Promise,
    in_view: str | Promise,
    share: str | Promise,
) -> Dataset:
    """A survival curve, or its complement, with its band: its points, and the last day on which
    anybody was watched.
    """
    points, longest = watched
    low, high = _("Lower bound (95 %)"), _("Upper bound (95 %)")
    start = (0, 0.0 if points and points[-1][2] > points[0][2] else 1.0)
    drawn = [
        (str(label), [start, *((point[0], point[place]) for point in points), (longest, last)])
        for place, label in enumerate((share, low, high), start=2)
        for last in [points[-1][place] if points else None]
    ]
    bottom = min((value for _name, line in drawn for _day, value in line if value), default=0.0)
    return Dataset(
        key=key,
        title=title,
        metric=metric,
        columns=(counts(x_name), counts(in_view), shares(share), shares(low), shares(high)),
        rows=points,
        # A curve that never comes near zero is drawn where something can be seen.
        option=charts.steps(
            drawn,
            x_name=str(x_name),
            formatter="@percent",
            least=floor(bottom * 10) / 10 if start[1] else 0.0,
            most=start[1] or None,
        ),
    )


def _longest(figures: Figures, name: str) -> int:
    found = figures.source.of_today(name)
    return int(found.time[-1]) if len(found.time) else 0


def unfriend_rate(figures: Figures) -> Dataset:
    found = figures.unfriend_months
    rows = [(m.month, m.at_start, m.unfriended, m.rate) for m in found]
    has_any = any(m.unfriended for m in found)
    links = [drill.unfriended_in(whole_month(m.month)) for m in found]
    return Dataset(
        links=links if has_any else [],
        key="unfriend-rate",
        title=_("Unfriended by month"),
        metric="unfriend-rate",
        columns=(
            months(_("Month")),
            counts(_("Relations at the start")),
            counts(_("Ended by customers")),
            shares(_("Unfriend rate")),
        ),
        rows=rows if has_any else [],
        option=charts.bars(
            [month_name(m.month) for m in found],
            [(gettext("Unfriend rate"), [m.rate or 0 for m in found])],
            formatter="@percent",
            links=links,
        ),
    )


def revenue(figures: Figures) -> Dataset:
    found = figures.revenue
    shown = found[-_COHORTS_ON_PAGE:]
    links = [drill.orders_in(whole_month(m.month)) for m in found]
    return Dataset(
        links=links,
        key="revenue",
        title=_("Net revenue: new and returning customers"),
        metric="revenue",
        columns=(
            months(_("Month")),
            money(_("First-time customers")),
            money(_("Returning customers")),
            counts(_("New buyers")),
            counts(_("Returning buyers")),
        ),
        rows=[
            (m.month, m.new_fen, m.returning_fen, m.new_buyers, m.returning_buyers) for m in found
        ],
        option=charts.bars(
            [month_name(m.month) for m in shown],
            [
                (gettext("First-time customers"), [m.new_fen for m in shown]),
                (gettext("Returning customers"), [m.returning_fen for m in shown]),
            ],
            formatter="@fen",
            stacked=True,
            links=links[-_COHORTS_ON_PAGE:],
        ),
    )


def alive(figures: Figures) -> Dataset:
    found = figures.alive
    labels = [f"{10 * bucket}–{10 * bucket + 10} %" for bucket in range(len(found))]
    links = [drill.customers(*_alive_in(bucket)) for bucket in range(len(found))]
    return Dataset(
        links=links,
        key="alive",
        title=_("How likely buyers are still active"),
        metric="p-alive",
        columns=(words(_("Probability of being active")), counts(_("Buyers"))),
        rows=list(zip(labels, found, strict=True)),
        option=charts.bars(labels, [(gettext("Buyers"), found)], formatter="@integer", links=links),
    )


def _alive_in(bucket: int) -> list[dict[str, object]]:
    """The conditions of a tenth; the last takes its upper end in."""
    low, high = bucket / 10, (bucket + 1) / 10
    above = drill.leaf("value.p_alive", ">=", low)
    return [above] if bucket == 9 else [above, drill.leaf("value.p_alive", "<", high)]


def _points(curve: Curve | None, *, is_complement: bool) -> list[Point]:
    """The steps of a curve, or of what it leaves to 1."""
    if curve is None:
        return []
    steps = zip(curve.time, curve.at_risk, curve.survival, curve.lower, curve.upper, strict=True)
    found = [
        (int(day), int(at_risk), float(share), known(low), known(high))
        for day, at_risk, share, low, high in steps
    ]
    if not is_complement:
        return found
    return [
        (day, at_risk, 1 - share, _rest(high), _rest(low))
        for day, at_risk, share, low, high in found
    ]


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share


DATASETS: MappingProxyType[str, Callable[[Figures], Dataset]] = MappingProxyType(
    {
        "ltv-by-cohort": ltv_by_cohort,
        "repurchase-curve": repurchase_curve,
        "cohort-retention": cohort_maps.retention,
        "cohort-value": cohort_maps.value,
        "unfriending": unfriending,
        "unfriend-rate": unfriend_rate,
        "revenue": revenue,
        "lifecycle": stage_charts.lifecycle,
        "lifecycle-flow": stage_charts.lifecycle_flow,
        "growth": stage_charts.growth,
        "alive": alive,
        "ltv-course": courses.ltv_course,
        "period-revenue": courses.period_revenue,
        "new-and-returning": courses.new_and_returning,
        "value-bands": layer_charts.value_bands,
        "segments-value": by_segment.segments_value,
        "period-repurchases": courses.period_repurchases,
        "first-and-later": courses.first_and_later,
        "purchase-counts": layer_charts.purchase_counts,
        "segments-repurchase": by_segment.segments_repurchase,
        "period-unfriended": courses.period_unfriended,
        "idle-bands": layer_charts.idle_bands,
        "segments-churn": by_segment.segments_churn,
        "stage-moves": stage_charts.stage_moves,
        "stage-shares": stage_charts.stage_shares,
        "period-growth": courses.period_growth,
        "segments-growth": by_segment.segments_growth,
        "rfm-grid": rfm_charts.grid,
        "rfm-groups": rfm_charts.groups,
        "cohort-retention-curve": cohort_charts.retention,
        "cohort-value-curve": cohort_charts.value,
        "segments-repurchase-curve": segment_curves.repurchase,
        "segments-unfriending": segment_curves.unfriending,
        "segments-rfm": rfm_charts.groups_by_segment,
        "segments-cohort-retention": cohort_maps.retention.by_segment,
        "segments-cohort-value": cohort_maps.value.by_segment,
    }
)
