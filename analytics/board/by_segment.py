"""The figures of a page side by side: all customers and each chosen segment (分人群)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.courses import before_name
from analytics.board.figures import Figures
from analytics.metrics.ratios import ratio
from analytics.selectors.parts import Part
from analytics.selectors.period_sums import PeriodSums
from contacts.models import Stage
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, decimals, money, shares, words


@dataclass(frozen=True)
class Side:
    """One column of the comparison; the first of a page is also drawn."""

    label: str | Promise
    column: Callable[[str | Promise], Column]
    value: Callable[[PeriodSums], Any]


_CUSTOMERS = Side(_("Customers now"), counts, lambda sums: sums.customers)
_VALUE = (
    Side(_("LTV so far"), money, lambda sums: sums.ltv_fen),
    _CUSTOMERS,
    Side(_("Buyers until the end"), counts, lambda sums: sums.buyers_until_end),
    Side(_("Net revenue"), money, lambda sums: sums.total.net_fen),
    Side(_("Orders"), counts, lambda sums: sums.total.orders),
    Side(_("Average order value"), money, lambda sums: sums.order_value_fen),
    Side(_("Predicted per buyer, 365 days"), money, lambda sums: sums.predicted_mean_fen),
)
_REPURCHASE = (
    Side(_("Repurchase rate"), shares, lambda sums: sums.repurchase_rate),
    Side(_("Buyers"), counts, lambda sums: sums.buyers),
    Side(_("With two purchases"), counts, lambda sums: sums.repeaters),
    Side(_("Share of returning buyers"), shares, lambda sums: sums.returning_share),
    Side(_("Second purchases"), counts, lambda sums: sums.total.second),
    Side(_("Purchases per buyer"), decimals, lambda sums: ratio(sums.total.purchases, sums.buyers)),
    Side(_("Repeat buyers of all time"), shares, lambda sums: sums.repeat_share),
)
_CHURN = (
    Side(_("Unfriend rate"), shares, lambda sums: sums.unfriend_rate),
    Side(_("Unfriended by customers"), counts, lambda sums: sums.total.unfriended),
    Side(_("Relations at the start"), counts, lambda sums: sums.relations_at_start),
    Side(_("Customers lost"), counts, lambda sums: sums.total.lost),
    Side(_("Silent or lost now"), shares, lambda sums: _share_of(sums, Stage.SILENT, Stage.LOST)),
    Side(_("Probability of being active"), shares, lambda sums: sums.p_alive_mean),
)
_GROWTH = (
    Side(_("Net growth"), counts, lambda sums: sums.net_growth),
    Side(_("New customers"), counts, lambda sums: sums.total.added),
    Side(_("Customers lost"), counts, lambda sums: sums.total.lost),
    _CUSTOMERS,
    Side(_("Effective friends now"), counts, lambda sums: sums.effective),
    Side(_("Of all friends"), shares, lambda sums: sums.effective_share),
)


def _share_of(sums: PeriodSums, *stages: str) -> float | None:
    return ratio(sum(sums.stages[stage] for stage in stages), sums.customers)


def _side_by_side(
    figures: Figures, sides: tuple[Side, ...], *, key: str, metric: str, formatter: str
) -> Dataset:
    """The first side is followed by its value in the period to compare with, and the change."""
    parts: list[tuple[Part, PeriodSums, PeriodSums | None]] = [
        (figures.source.part, figures.current, figures.before),
        *figures.by_segment,
    ]
    first = sides[0]
    names = [part.label or gettext("All customers") for part, _sums, _before in parts]
    columns, drawn = [words(_("Customers of"))], [(str(first.label), first.value)]
    compared = figures.before is not None
    for number, side in enumerate(sides):
        columns.append(side.column(side.label))
        if not number and compared:
            columns += [side.column(before_name(figures)), shares(_("Change"))]
    series = [(name, [pick(sums) or 0 for _part, sums, _before in parts]) for name, pick in drawn]
    if compared:
        earlier = [first.value(before) or 0 for _part, _sums, before in parts if before]
        series.append((before_name(figures), earlier))
    has_any = any(sums.customers for _part, sums, _before in parts)
    return Dataset(
        key=key,
        title=_("Side by side: %(what)s") % {"what": first.label},
        metric=metric,
        columns=columns,
        rows=[
            (name, *_row(sides, sums, before, compared=compared))
            for name, (_part, sums, before) in zip(names, parts, strict=True)
        ]
        if has_any
        else [],
        links=[drill.segment(part.segment_id) for part, _sums, _before in parts] if has_any else [],
        option=charts.bars(names, series, formatter=formatter, are_names=True),
        note=_("Segments are those of now: who has left one is not in its past either.")
        if figures.segments
        else "",
    )


def _row(
    sides: tuple[Side, ...], sums: PeriodSums, before: PeriodSums | None, *, compared: bool
) -> list[Any]:
    values: list[Any] = []
    for number, side in enumerate(sides):
        value = side.value(sums)
        values.append(value)
        if not number and compared:
            earlier = side.value(before) if before is not None else None
            values += [earlier, change(value, earlier)]
    return values


def change(value: float | None, earlier: float | None) -> float | None:
    """How much more than before, as a share of it; None where there is nothing to compare."""
    if value is None or not earlier:
        return None
    return (value - earlier) / abs(earlier)


def segments_value(figures: Figures) -> Dataset:
    return _side_by_side(
        figures, _VALUE, key="segments-value", metric="ltv-historic", formatter="@fen"
    )


def segments_repurchase(figures: Figures) -> Dataset:
    return _side_by_side(
        figures,
        _REPURCHASE,
        key="segments-repurchase",
        metric="period-repurchase-rate",
        formatter="@percent",
    )


def segments_churn(figures: Figures) -> Dataset:
    return _side_by_side(
        figures, _CHURN, key="segments-churn", metric="unfriend-rate", formatter="@percent"
    )


def segments_growth(figures: Figures) -> Dataset:
    return _side_by_side(
        figures, _GROWTH, key="segments-growth", metric="growth", formatter="@integer"
    )
