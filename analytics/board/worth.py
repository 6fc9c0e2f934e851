"""Customer equity (客户资产), the LTV taken apart, who brings the revenue, who was brought: drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.metrics.concentration import Concentration
from analytics.metrics.referral import Referral
from analytics.metrics.value_split import ValueSplit
from analytics.models import ValueSettings
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, money, month_name, months, shares, words
from scrm.console.templatetags.console import number, percent, yuan

Found = Mapping[str, Any]

_FACTORS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "lifetime": _("Time watched"),
        "frequency": _("Orders a year"),
        "order_value": _("Average order value"),
        "margin": _("Margin"),
    }
)


@dataclass(frozen=True)
class Split:
    """The LTV so far taken apart, with the one of a year ago if there was one."""

    now: ValueSplit
    before: ValueSplit | None
    before_on: date

    @property
    def value(self) -> int:
        """LTV so far, whole fen."""
        return round(self.now.value_fen or 0)

    @property
    def parts(self) -> dict[str, float] | None:
        """What each factor brought since then, in fen a buyer."""
        return self.now.changed_by(self.before) if self.before else None


def split(found: Found, settings: ValueSettings) -> Split | None:
    """None before the first night and without buyers. The margin is that of today on both sides."""
    if not found or not found["split"]["buyers"]:
        return None
    margin = settings.margin if settings.has_margin else None
    before = found["split_before"]
    return Split(
        ValueSplit(**found["split"], margin=margin),
        ValueSplit(**before, margin=margin) if before else None,
        date.fromisoformat(found["before_on"]),
    )


def factor_rows(found: Split) -> list[tuple[str, str, str, str]]:
    """(factor, today, a year ago, what its change brought), all written out."""
    parts = found.parts or {}
    before = found.before
    written: list[tuple[str, Callable[[ValueSplit], str]]] = [
        ("lifetime", lambda s: gettext("%(days)s days") % {"days": number(s.lifetime_days, 0)}),
        ("frequency", lambda s: number(s.orders_per_year, 2)),
        ("order_value", lambda s: _fen(s.order_value_fen)),
        ("margin", lambda s: percent(s.margin, 0)),
    ]
    return [
        (
            str(_FACTORS[key]),
            write(found.now),
            write(before) if before else "–",
            _signed(parts.get(key)) if key != "margin" else "–",
        )
        for key, write in written
    ]


def _fen(value: float | None) -> str:
    return yuan(None if value is None else round(value))


def _signed(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{'+' if value >= 0 else ''}{yuan(round(value))}"


def change(found: Found, settings: ValueSettings) -> Dataset:
    """What moved the LTV since a year ago, factor by factor."""
    taken = split(found, settings)
    parts = (taken.parts if taken else None) or {}
    rows = [(str(_FACTORS[key]), fen) for key, fen in parts.items() if key != "margin"]
    return Dataset(
        key="ltv-change",
        title=_("What moved the LTV within a year"),
        metric="ltv-split",
        columns=(words(_("Factor")), money(_("Change per buyer"))),
        rows=rows,
        option=charts.bars(
            [row[0] for row in rows],
            [(gettext("Change per buyer"), [round(row[1]) for row in rows])],
            formatter="@fen",
        ),
    )


def revenue_shares(found: Found, _settings: ValueSettings) -> Dataset:
    """The share of revenue that the best buyers bring, from the best twentieth to all."""
    kept = _concentration(found)
    rows = [] if kept is None else list(zip(kept.customers, kept.share, strict=True))
    return Dataset(
        key="pareto-curve",
        title=_("Share of revenue from the best buyers"),
        metric="pareto",
        columns=(shares(_("Best buyers")), shares(_("Share of revenue"))),
        rows=rows,
        option=charts.lines(
            [percent(row[0], 0) for row in rows],
            [(gettext("Share of revenue"), [round(row[1], 4) for row in rows])],
            formatter="@percent",
        ),
    )


def _concentration(found: Found) -> Concentration | None:
    kept = found.get("concentration")
    return (
        Concentration(tuple(kept["customers"]), tuple(kept["share"]), kept["gini"])
        if kept and kept["share"]
        else None
    )


def best_fifth(found: Found) -> float | None:
    kept = _concentration(found)
    return kept.of_best(0.2) if kept else None


def referral_course(found: Found) -> Dataset:
    """Newcomers by a customer's card, month by month."""
    rows = [_referral_row(*month[:4]) for month in found.get("months", [])]
    has_any = any(row[2] for row in rows)
    return Dataset(
        key="referral",
        title=_("Newcomers by a passed-on card, by month"),
        metric="referral-rate",
        columns=(
            months(_("Month")),
            counts(_("Customers at the start")),
            counts(_("Newcomers")),
            counts(_("By a passed-on card")),
            shares(_("Share of newcomers")),
            Column(
                _("Referral rate at most"), lambda v: percent(v, 2), lambda v: v and round(v, 6)
            ),
        ),
        rows=rows if has_any else [],
        option=charts.bars(
            [month_name(row[0]) for row in rows],
            [(gettext("By a passed-on card"), [row[3] for row in rows])],
            formatter="@integer",
        ),
    )


def _referral_row(
    month: str, existing: int, newcomers: int, referred: int
) -> tuple[date, int, int, int, float | None, float | None]:
    found = Referral(existing, newcomers, referred)
    share = found.share_of_newcomers.share
    return date.fromisoformat(month), existing, newcomers, referred, share, found.at_most


def last_referral(found: Found) -> Referral | None:
    """Of the last month that is over."""
    over = [month for month in found.get("months", []) if month[4]]
    return Referral(*over[-1][1:4]) if over else None


CHARTS: Mapping[str, Callable[[Found, ValueSettings], Dataset]] = MappingProxyType(
    {"ltv-change": change, "pareto-curve": revenue_shares}
)
