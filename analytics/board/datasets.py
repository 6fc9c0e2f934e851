"""The charts of the dashboard: each with the table behind it, its CSV and its definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import charts
from analytics.board.figures import Figures
from analytics.metrics.ratios import known
from analytics.metrics.survival import Curve
from contacts.models import Stage
from scrm.console.templatetags.console import number, percent, yuan

# A page shows so many rows of the table behind a chart; the download has them all.
_ROWS_ON_PAGE = 36
_COHORTS_ON_PAGE = 18


@dataclass(frozen=True)
class Column:
    """A column of a table: how its values are written on the page and in the download."""

    label: str | Promise
    on_page: Callable[[Any], str]
    in_file: Callable[[Any], Any]


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _in_yuan(fen: float | None) -> Decimal | None:
    return None if fen is None else (Decimal(round(fen)) / 100).quantize(Decimal("0.01"))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _itself(value: Any) -> Any:
    return value


def months(label: str | Promise) -> Column:
    return Column(label, _month, _month)


def days(label: str | Promise) -> Column:
    return Column(label, lambda day: f"{day:%Y-%m-%d}", lambda day: f"{day:%Y-%m-%d}")


def words(label: str | Promise) -> Column:
    return Column(label, str, str)


def counts(label: str | Promise) -> Column:
    return Column(label, number, _itself)


def decimals(label: str | Promise) -> Column:
    return Column(label, lambda value: number(value, 2), _rounded)


def shares(label: str | Promise) -> Column:
    return Column(label, percent, _rounded)


def money(label: str | Promise) -> Column:
    return Column(label, lambda fen: yuan(None if fen is None else round(fen)), _in_yuan)


@dataclass(frozen=True)
class Dataset:
    """One chart with its rows; without rows there is nothing to draw."""

    key: str
    title: str | Promise
    metric: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    option: charts.Option

    @property
    def table(self) -> list[list[str]]:
        """The rows as the page shows them, thinned evenly when there are many."""
        step = -(-len(self.rows) // _ROWS_ON_PAGE) or 1
        return [
            [column.on_page(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows[::step]
        ]

    @property
    def is_thinned(self) -> bool:
        return len(self.rows) > _ROWS_ON_PAGE

    def file_rows(self) -> list[list[Any]]:
        return [
            [column.in_file(value) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]


def ltv_by_cohort(figures: Figures) -> Dataset:
    rows = [
        (c.month, c.size, c.orders_per_buyer, c.order_value_fen, c.value_fen)
        for c in figures.cohort_values
    ]
    shown = rows[-_COHORTS_ON_PAGE:]
    return Dataset(
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
            [_month(row[0]) for row in shown],
            [(gettext("LTV so far"), [round(row[4]) for row in shown])],
            formatter="@fen",
        ),
    )


def repurchase_curve(figures: Figures) -> Dataset:
    curve = figures.second_order
    points = [] if curve is None else _points(curve, returned=True)
    return Dataset(
        key="repurchase-curve",
        title=_("How soon customers come back"),
        metric="repurchase-curve",
        columns=(
            counts(_("Days after the first order")),
            counts(_("Still waiting")),
            shares(_("Have come back")),
        ),
        rows=[(day, at_risk, share) for day, at_risk, share, _low, _high in points],
        option=charts.steps(
            [(gettext("Have come back"), [(0, 0.0), *((p[0], p[2]) for p in points)])],
            x_name=gettext("Days after the first order"),
            formatter="@percent",
        ),
    )


def retention(figures: Figures) -> Dataset:
    return _cohorts(
        figures,
        key="cohort-retention",
        title=_("Cohorts: share that buys again"),
        values=figures.matrix.retention,
        column=shares,
    )


def cumulative_value(figures: Figures) -> Dataset:
    return _cohorts(
        figures,
        key="cohort-value",
        title=_("Cohorts: revenue per customer so far"),
        values=figures.matrix.cumulative_value,
        column=money,
    )


def _cohorts(
    figures: Figures,
    *,
    key: str,
    title: str | Promise,
    values: Any,
    column: Callable[[str | Promise], Column],
) -> Dataset:
    matrix = figures.matrix
    cohorts = [month.astype(date) for month in matrix.months]
    span = min(len(cohorts), _COHORTS_ON_PAGE)
    rows = [
        (month, int(matrix.size[row]), *(known(value) for value in values[row]))
        for row, month in enumerate(cohorts)
        if matrix.size[row]
    ]
    first = len(cohorts) - span
    write = column("").on_page if column is shares else lambda fen: f"¥{fen / 100:,.0f}"
    cells = [
        (k, row - first, float(values[row, k]), write(float(values[row, k])), over)
        for row in range(first, len(cohorts))
        if matrix.size[row]
        for k in range(span)
        for over in [bool(matrix.complete[row, k])]
        if matrix.begun[row, k]
    ]
    # The month of the first order is 100 % by definition and would drown the rest.
    later = [value for k, _row, value, _words, over in cells if over and (k or column is money)]
    return Dataset(
        key=key,
        title=title,
        metric=key,
        columns=(
            months(_("First order in")),
            counts(_("Customers")),
            *(column(f"+{k}") for k in range(len(cohorts))),
        ),
        rows=rows,
        option=charts.heat_map(
            [_month(month) for month in cohorts[first:]],
            [f"+{k}" for k in range(span)],
            cells,
            most=float(np.max(later)) if later else 1.0,
        ),
    )


def unfriending(figures: Figures) -> Dataset:
    curve = figures.friendship
    points = [] if curve is None else _points(curve, returned=False)
    start = (0, 1.0)
    return Dataset(
        key="unfriending",
        title=_("How long friendships last"),
        metric="churn-unfriended",
        columns=(
            counts(_("Days after the adding")),
            counts(_("Relations in view")),
            shares(_("Still friends")),
            shares(_("Lower bound (95 %)")),
            shares(_("Upper bound (95 %)")),
        ),
        rows=points,
        option=charts.steps(
            [
                (gettext("Still friends"), [start, *((p[0], p[2]) for p in points)]),
                (gettext("Lower bound (95 %)"), [start, *((p[0], p[3]) for p in points)]),
                (gettext("Upper bound (95 %)"), [start, *((p[0], p[4]) for p in points)]),
            ],
            x_name=gettext("Days after the adding"),
            formatter="@percent",
            most=1.0,
        ),
    )


def unfriend_rate(figures: Figures) -> Dataset:
    found = figures.unfriend_months
    rows = [(m.month, m.at_start, m.unfriended, m.rate) for m in found]
    has_any = any(m.at_start or m.unfriended for m in found)
    return Dataset(
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
            [_month(m.month) for m in found],
            [(gettext("Unfriend rate"), [m.rate or 0 for m in found])],
            formatter="@percent",
        ),
    )


def revenue(figures: Figures) -> Dataset:
    found = figures.revenue
    shown = found[-_COHORTS_ON_PAGE:]
    return Dataset(
        key="revenue",
        title=_("Net revenue: new and returning customers"),
        metric="revenue",
        columns=(
            months(_("Month")),
            money(_("New customers")),
            money(_("Returning customers")),
            counts(_("New buyers")),
            counts(_("Returning buyers")),
        ),
        rows=[
            (m.month, m.new_fen, m.returning_fen, m.new_buyers, m.returning_buyers) for m in found
        ],
        option=charts.bars(
            [_month(m.month) for m in shown],
            [
                (gettext("New customers"), [m.new_fen for m in shown]),
                (gettext("Returning customers"), [m.returning_fen for m in shown]),
            ],
            formatter="@fen",
            stacked=True,
        ),
    )


def lifecycle(figures: Figures) -> Dataset:
    found = figures.standings
    has_any = any(standing.customers for standing in found)
    return Dataset(
        key="lifecycle",
        title=_("Lifecycle stages"),
        metric="lifecycle",
        columns=(words(_("Stage")), counts(_("Customers"))),
        rows=[(s.label, s.customers) for s in found] if has_any else [],
        option=charts.ladder(
            [s.label for s in found], [s.customers for s in found], name=gettext("Customers")
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
        rows=[(flow.week, *(flow.entered[stage] for _label, stage in stages)) for flow in found]
        if has_any
        else [],
        option=charts.bars(
            [f"{flow.week:%m-%d}" for flow in found],
            [(label, [flow.entered[stage] for flow in found]) for label, stage in stages],
            formatter="@integer",
            stacked=True,
        ),
    )


def growth(figures: Figures) -> Dataset:
    found = figures.growth
    has_any = any(day.added or day.lost for day in found)
    return Dataset(
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
        ),
    )


def alive(figures: Figures) -> Dataset:
    found = figures.alive
    labels = [f"{10 * bucket}–{10 * bucket + 10} %" for bucket in range(len(found))]
    return Dataset(
        key="alive",
        title=_("How likely buyers are still active"),
        metric="p-alive",
        columns=(words(_("Probability of being active")), counts(_("Buyers"))),
        rows=list(zip(labels, found, strict=True)),
        option=charts.bars(labels, [(gettext("Buyers"), found)], formatter="@integer"),
    )


def _points(
    curve: Curve, *, returned: bool
) -> list[tuple[int, int, float, float | None, float | None]]:
    """(day, in view, share, low, high) of a curve; of its complement when `returned`."""
    return [
        (
            int(day),
            int(at_risk),
            float(1 - share) if returned else float(share),
            known(low),
            known(high),
        )
        for day, at_risk, share, low, high in zip(
            curve.time, curve.at_risk, curve.survival, curve.lower, curve.upper, strict=True
        )
    ]


DATASETS: MappingProxyType[str, Callable[[Figures], Dataset]] = MappingProxyType(
    {
        "ltv-by-cohort": ltv_by_cohort,
        "repurchase-curve": repurchase_curve,
        "cohort-retention": retention,
        "cohort-value": cumulative_value,
        "unfriending": unfriending,
        "unfriend-rate": unfriend_rate,
        "revenue": revenue,
        "lifecycle": lifecycle,
        "lifecycle-flow": lifecycle_flow,
        "growth": growth,
        "alive": alive,
    }
)
