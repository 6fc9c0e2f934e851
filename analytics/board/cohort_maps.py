"""Cohorts as heat maps: of all customers, and of the members of segments (同期群矩阵)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.figures import Figures
from analytics.metrics.arrays import Floats
from analytics.metrics.cohorts import CohortMatrix
from analytics.metrics.ratios import known
from analytics.periods import Period
from analytics.selectors.months import months_later
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, money, month_name, months, shares, words

# The latest cohorts are drawn, for as many months; the table has them all.
_DRAWN = 18
_NAME_CHARS = 12


@dataclass(frozen=True)
class Group:
    """The cohorts of some customers; a segment's lead to its members alone."""

    name: str
    matrix: CohortMatrix
    values: Floats
    segment_id: int | None = None

    @property
    def months(self) -> list[date]:
        return [month.astype(date) for month in self.matrix.months]

    def link(self, month: date) -> str:
        return drill.first_bought_in(whole_month(month), self.segment_id)


def whole_month(first: date) -> Period:
    return Period(first, months_later(first, 1) - timedelta(1))


@dataclass(frozen=True, kw_only=True)
class Map:
    """One figure of the cohorts; its name is that of its definition."""

    key: str
    title: str | Promise
    split_title: str | Promise
    pick: Callable[[CohortMatrix], Floats]
    column: Callable[[str | Promise], Column]
    on_cell: Callable[[float], str]
    # The month of the first order is 100 % by definition and would drown the rest.
    shades_from: int

    def __call__(self, figures: Figures) -> Dataset:
        group = Group("", figures.matrix, self.pick(figures.matrix))
        return Dataset(
            key=self.key,
            title=self.title,
            metric=self.key,
            columns=(months(_("First order in")), counts(_("Customers")), *self._columns([group])),
            rows=[(month, size, *values) for month, size, values in _rows(group)],
            links=[group.link(month) for month, _size, _values in _rows(group)],
            option=self._drawn([group]),
            is_wide=True,
        )

    def by_segment(self, figures: Figures) -> Dataset:
        """The cohorts of each chosen segment, one segment below the other."""
        groups = [
            Group(part.label, source.matrix, self.pick(source.matrix), part.segment_id)
            for source in figures.segments
            for part in [source.part]
        ]
        columns = self._columns(groups)
        found = [(group, *row) for group in groups for row in _rows(group)]
        return Dataset(
            key=f"segments-{self.key}",
            title=self.split_title,
            metric=self.key,
            columns=(
                months(_("First order in")),
                words(_("Customers of")),
                counts(_("Customers")),
                *columns,
            ),
            rows=[
                (month, group.name, size, *values, *[None] * (len(columns) - len(values)))
                for group, month, size, values in found
            ],
            links=[group.link(month) for group, month, _size, _values in found],
            option=self._drawn(groups),
            is_wide=True,
            note=_(
                "Who is in the segment now, with all her months; who has left it is in none. Shades "
                "are of this chart alone: compare the numbers."
            ),
        )

    def _columns(self, groups: Sequence[Group]) -> list[Column]:
        longest = max((len(group.matrix.months) for group in groups), default=0)
        return [self.column(f"+{k}") for k in range(longest)]

    def _drawn(self, groups: Sequence[Group]) -> charts.Option:
        names: list[str] = []
        cells: list[tuple[int, int, float, str, bool]] = []
        links: dict[tuple[int, int], str] = {}
        for group in groups:
            before = f"{_short(group.name)} " if len(groups) > 1 else ""
            matrix, known_months = group.matrix, group.months
            for row in range(max(len(known_months) - _DRAWN, 0), len(known_months)):
                place, link = len(names), group.link(known_months[row])
                names.append(f"{before}{month_name(known_months[row])}")
                for k in range(min(len(known_months), _DRAWN)):
                    if matrix.size[row] and matrix.begun[row, k]:
                        value, is_over = float(group.values[row, k]), bool(matrix.complete[row, k])
                        cells.append((k, place, value, self.on_cell(value), is_over))
                        links[k, place] = link
        later = [cell[2] for cell in cells if cell[4] and cell[0] >= self.shades_from]
        return charts.heat_map(
            names,
            [f"+{k}" for k in range(1 + max((cell[0] for cell in cells), default=-1))],
            cells,
            most=max(later, default=1.0),
            links=links,
        )


def _rows(group: Group) -> Iterator[tuple[date, int, list[float | None]]]:
    """Each cohort with anybody in it: its month, its size, its values."""
    for row, month in enumerate(group.months):
        if group.matrix.size[row]:
            yield month, int(group.matrix.size[row]), [known(value) for value in group.values[row]]


def _short(name: str) -> str:
    """So much that the cells keep their width; the table has the whole name."""
    return name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"


def _percent(share: float) -> str:
    return shares("").on_page(share)


retention = Map(
    key="cohort-retention",
    title=_("Cohorts: share that buys again"),
    split_title=_("Cohorts by segment: share that buys again"),
    pick=lambda matrix: matrix.retention,
    column=shares,
    on_cell=_percent,
    shades_from=1,
)
value = Map(
    key="cohort-value",
    title=_("Cohorts: revenue per customer so far"),
    split_title=_("Cohorts by segment: revenue per customer so far"),
    pick=lambda matrix: matrix.cumulative_value,
    column=money,
    on_cell=lambda fen: f"¥{fen / 100:,.0f}",
    shades_from=0,
)
