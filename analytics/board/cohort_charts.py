"""Cohorts as curves: those of a period, of the one before, and those of segments (同期群曲线)."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board.courses import Line, before_name, everyone
from analytics.board.figures import Figures
from analytics.metrics.arrays import Floats
from analytics.metrics.cohort_curves import CohortCurve, pooled
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


def _drawn(
    figures: Figures,
    *,
    key: str,
    title: str | Promise,
    pick: Callable[[CohortCurve], Floats],
    column: Callable[[str | Promise], Column],
    formatter: str,
    begin: int,
) -> Dataset:
    found = _curves(figures)
    length = min(max((len(curve.in_view) for _name, curve in found), default=0), _LONGEST + 1)
    lines: list[Line] = [
        (name, [_at(pick(curve), k) for k in range(begin, length)]) for name, curve in found
    ]
    chosen = [len(curve.in_view) > begin for _name, curve in found]
    months = list(range(begin, length))
    return Dataset(
        key=key,
        title=title,
        metric=key,
        columns=(
            counts(_("Months after the first order")),
            *(
                each
                for name, _values in lines
                for each in (counts(_("In view: %(name)s") % {"name": name}), column(name))
            ),
        ),
        rows=[
            (
                k,
                *(
                    value
                    for (_name, curve), (_same, values) in zip(found, lines, strict=True)
                    for value in (
                        int(curve.in_view[k]) if k < len(curve.in_view) else 0,
                        values[k - begin],
                    )
                ),
            )
            for k in months
        ]
        # The cohorts of all time alone are no answer to a question about a period.
        if any(chosen[:-1])
        else [],
        option=charts.lines([f"+{k}" for k in months], lines, formatter=formatter),
        note=_(
            "Customers whose first order lies in a month that the period touches; months not over "
            "are left out."
        ),
    )


def _at(values: Floats, k: int) -> float | None:
    return float(values[k]) if k < len(values) else None


def retention(figures: Figures) -> Dataset:
    """The first month is left out: all of a cohort bought in it."""
    return _drawn(
        figures,
        key="cohort-retention-curve",
        title=_("Buying again, by months since the first order"),
        pick=lambda curve: curve.retention,
        column=shares,
        formatter="@percent",
        begin=1,
    )


def value(figures: Figures) -> Dataset:
    return _drawn(
        figures,
        key="cohort-value-curve",
        title=_("Revenue per customer, by months since the first order"),
        pick=lambda curve: curve.value.round(),
        column=money,
        formatter="@fen",
        begin=0,
    )
