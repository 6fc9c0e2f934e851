"""Figures over the parts of a period: this one, the one before, and chosen segments (趋势)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.figures import Figures
from analytics.periods import COMPARISONS, Period
from analytics.selectors.period_sums import DaySums, PeriodSums
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, days, money, month_name

Values: TypeAlias = "Sequence[float | None]"
Pick: TypeAlias = Callable[[PeriodSums], Values]
Line: TypeAlias = tuple[str, Values]


def part_labels(period: Period) -> list[str]:
    """What stands below the marks of a period."""
    parts = period.parts
    if any(part.days > 7 for part in parts):
        return [month_name(part.first_on) for part in parts]
    return [f"{part.first_on:%m-%d}" for part in parts]


def everyone(figures: Figures) -> str:
    """The name of all customers where segments stand beside them."""
    return gettext("All customers") if figures.segments else gettext("This period")


def before_name(figures: Figures) -> str:
    return str(COMPARISONS[figures.asked.compare])


def lines(figures: Figures, pick: Pick) -> list[Line]:
    """The period, the one to compare with, and each segment; all as long as the period's parts."""
    current = figures.current
    length = len(current.period.parts)
    found: list[Line] = [(everyone(figures), pick(current))]
    if figures.before is not None:
        found.append((before_name(figures), _fitted(pick(figures.before), length)))
    found += [(part.label, pick(sums)) for part, sums, _before in figures.by_segment]
    return found


def _fitted(values: Values, length: int) -> Values:
    """Cut or filled up: a year has a day more than the other, and months are cut differently."""
    return [*values, *[None] * length][:length]


@dataclass(frozen=True, kw_only=True)
class Course:
    """A figure that has one value for each part of a period; `link` leads from a part to whom it
    is about.
    """

    key: str
    title: str | Promise
    metric: str
    pick: Pick
    column: Callable[[str | Promise], Column]
    formatter: str
    link: Callable[[Period], str]
    from_zero: bool = True

    def __call__(self, figures: Figures) -> Dataset:
        drawn = lines(figures, self.pick)
        parts = figures.asked.period.parts
        links = [self.link(part) for part in parts]
        has_any = any(value for _name, values in drawn for value in values)
        return Dataset(
            key=self.key,
            title=self.title,
            metric=self.metric,
            columns=(days(_("From day")), *(self.column(name) for name, _values in drawn)),
            rows=[
                (part.first_on, *(values[number] for _name, values in drawn))
                for number, part in enumerate(parts)
            ]
            if has_any
            else [],
            links=links if has_any else [],
            option=charts.lines(
                part_labels(figures.asked.period),
                drawn,
                formatter=self.formatter,
                from_zero=self.from_zero,
                links=links,
            ),
        )


ltv_course = Course(
    key="ltv-course",
    title=_("LTV so far, over the period"),
    metric="ltv-historic",
    pick=lambda sums: [None if fen is None else round(fen) for fen in sums.ltv_course],
    column=money,
    formatter="@fen",
    link=drill.first_bought_in,
    from_zero=False,
)
period_revenue = Course(
    key="period-revenue",
    title=_("Net revenue"),
    metric="revenue",
    pick=lambda sums: [part.net_fen for part in sums.parts],
    column=money,
    formatter="@fen",
    link=drill.orders_in,
)
period_repurchases = Course(
    key="period-repurchases",
    title=_("Repurchases"),
    metric="period-repurchases",
    pick=lambda sums: [part.purchases - part.first for part in sums.parts],
    column=counts,
    formatter="@integer",
    link=drill.orders_in,
)
period_unfriended = Course(
    key="period-unfriended",
    title=_("Unfriended by customers"),
    metric="unfriend-rate",
    pick=lambda sums: [part.unfriended for part in sums.parts],
    column=counts,
    formatter="@integer",
    link=drill.unfriended_in,
)
period_growth = Course(
    key="period-growth",
    title=_("Net growth of customers"),
    metric="growth",
    pick=lambda sums: [part.added - part.lost for part in sums.parts],
    column=counts,
    formatter="@integer",
    link=drill.added_in,
)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What a figure of each part is made of, for all customers."""

    key: str
    title: str | Promise
    metric: str
    layers: tuple[tuple[str | Promise, Callable[[DaySums], int]], ...]
    column: Callable[[str | Promise], Column]
    formatter: str

    def __call__(self, figures: Figures) -> Dataset:
        found, parts = figures.current.parts, figures.asked.period.parts
        links = [drill.orders_in(part) for part in parts]
        has_any = any(part.purchases for part in found)
        return Dataset(
            key=self.key,
            title=self.title,
            metric=self.metric,
            columns=(days(_("From day")), *(self.column(name) for name, _pick in self.layers)),
            rows=[
                (part.first_on, *(pick(sums) for _name, pick in self.layers))
                for part, sums in zip(parts, found, strict=True)
            ]
            if has_any
            else [],
            links=links if has_any else [],
            option=charts.bars(
                part_labels(figures.asked.period),
                [(str(name), [pick(sums) for sums in found]) for name, pick in self.layers],
                formatter=self.formatter,
                stacked=True,
                links=links,
            ),
        )


first_and_later = Stack(
    key="first-and-later",
    title=_("First, second and later purchases"),
    metric="period-repurchases",
    layers=(
        (_("First purchases"), lambda part: part.first),
        (_("Second purchases"), lambda part: part.second),
        (_("Later purchases"), lambda part: part.purchases - part.first - part.second),
    ),
    column=counts,
    formatter="@integer",
)
new_and_returning = Stack(
    key="new-and-returning",
    title=_("Net revenue of first and of later purchases"),
    metric="revenue",
    layers=(
        (_("First purchase day"), lambda part: part.first_fen),
        (_("Later purchase days"), lambda part: part.returning_fen),
    ),
    column=money,
    formatter="@fen",
)
