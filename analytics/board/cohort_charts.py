"""Cohorts as curves: those of a period, of the one before, and those of segments (同期群曲线)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.courses import Line, before_name, everyone
from analytics.board.figures import Figures
from analytics.metrics.arrays import Floats
from analytics.metrics.cohort_curves import CohortCurve, pooled
from analytics.periods import Period
from analytics.selectors.months import month_of, months_later
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, money, shares

# Two years of months are as many as a chart can show.
_LONGEST = 24


def _curves(figures: Figures) -> list[tuple[str, CohortCurve]]:
    """Who first bought in the months of the period; the same of the period to compare with, and
    of each segment; last, the cohorts of all time.
    """
    period, before, whole = figures.asked.period, figures.asked.before, figures.source.matrix
    found = [(everyone(figures), pooled(whole, period.first_on, period.last_on))]
    if before is not None:
        found.append((before_name(figures), pooled(whole, before.first_on, before.last_on)))
    found += [
        (source.part.label, pooled(source.matrix, period.first_on, period.last_on))
        for source in figures.segments
    ]
    if len(whole.months):
        first, last = whole.months[0].astype(object), whole.months[-1].astype(object)
        found.append((gettext("Cohorts of all time"), pooled(whole, first, last)))
    return found


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One figure of the curves, from month `begin` on; its name is that of its definition."""

    key: str
    title: str | Promise
    pick: Callable[[CohortCurve], Floats]
    column: Callable[[str | Promise], Column]
    formatter: str
    begin: int

    def __call__(self, figures: Figures) -> Dataset:
        found = _curves(figures)
        months = self._months(found)
        lines: list[Line] = [
            (name, [_at(self.pick(curve), k) for k in months]) for name, curve in found
        ]
        links = [_customers(figures) for _k in months]
        return Dataset(
            key=self.key,
            title=self.title,
            metric=self.key,
            columns=(counts(_("Months after the first order")), *self._columns(found)),
            rows=[(k, *self._row(found, k)) for k in months],
            links=links,
            option=charts.lines(
                [f"+{k}" for k in months], lines, formatter=self.formatter, links=links
            ),
            note=_(
                "Customers whose first order lies in a month that the period touches; months not "
                "over are left out."
            ),
        )

    def _months(self, found: Sequence[tuple[str, CohortCurve]]) -> list[int]:
        """None where only the cohorts of all time have come so far: they are no answer to a
        question about a period.
        """
        lengths = [len(curve.in_view) for _name, curve in found]
        if max(lengths[:-1], default=0) <= self.begin:
            return []
        return list(range(self.begin, min(max(lengths), _LONGEST + 1)))

    def _columns(self, found: Sequence[tuple[str, CohortCurve]]) -> Iterator[Column]:
        for name, _curve in found:
            yield counts(_("In view: %(name)s") % {"name": name})
            yield self.column(name)

    def _row(self, found: Sequence[tuple[str, CohortCurve]], k: int) -> Iterator[float | None]:
        for _name, curve in found:
            yield int(curve.in_view[k]) if k < len(curve.in_view) else 0
            yield _at(self.pick(curve), k)


def _customers(figures: Figures) -> str:
    """Those whose first order lies in the months of the period."""
    period = figures.asked.period
    last_on = months_later(month_of(period.last_on), 1) - timedelta(1)
    return drill.first_bought_in(Period(month_of(period.first_on), last_on))


def _at(values: Floats, k: int) -> float | None:
    return float(values[k]) if k < len(values) else None


# The first month is left out: all of a cohort bought in it.
retention = Drawn(
    key="cohort-retention-curve",
    title=_("Buying again, by months since the first order"),
    pick=lambda curve: curve.retention,
    column=shares,
    formatter="@percent",
    begin=1,
)
value = Drawn(
    key="cohort-value-curve",
    title=_("Revenue per customer, by months since the first order"),
    pick=lambda curve: curve.value.round(),
    column=money,
    formatter="@fen",
    begin=0,
)
