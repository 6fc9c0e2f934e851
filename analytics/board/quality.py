"""How well the forecast foretold the last quarter, and what is wrong with its orders, drawn.

Everything comes from what the nightly fit has kept; nothing is worked out here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.metrics.ratios import ratio
from analytics.models import ModelFit
from analytics.selectors.models import Reason
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, days, shares, words
from scrm.console.templatetags.console import number, yuan

REASON_WORDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        Reason.NO_ORDERS: _("No customer has an order yet."),
        Reason.TOO_FEW: _("There are too few orders to learn from."),
        Reason.NOT_FINITE: _("The orders lead to no finite forecast."),
    }
)


def _small(label: str | Promise) -> Column:
    """Of means far below 1."""
    return Column(label, lambda value: number(value, 3), lambda value: round(value, 6), "number")


def calibration(fit: ModelFit | None) -> Dataset:
    """Customers in tenths by what was expected of them, beside what they did."""
    groups = _detail(fit).get("groups", [])
    names = [str(place) for place in range(1, len(groups) + 1)]
    return Dataset(
        key="calibration",
        title=_("Expected and actual orders, by tenths of customers"),
        metric="calibration",
        columns=(
            words(_("Tenth (1: least expected)")),
            counts(_("Customers")),
            _small(_("Expected orders per customer")),
            _small(_("Actual orders per customer")),
            shares(_("Inside their interval")),
        ),
        rows=[(name, *group) for name, group in zip(names, groups, strict=True)],
        option=charts.bars(
            names,
            [
                (gettext("Expected orders per customer"), [round(g[1], 4) for g in groups]),
                (gettext("Actual orders per customer"), [round(g[2], 4) for g in groups]),
            ],
            formatter="@decimal",
        ),
    )


def errors(fit: ModelFit | None) -> Dataset:
    """The model beside two forecasts anybody could make."""
    detail = _detail(fit)
    rows: list[tuple[str, float, float | None, float]] = []
    if fit is not None and detail and fit.backtest_actual is not None:
        actual = fit.backtest_actual
        forecasts = [
            (gettext("Our model"), fit.backtest_predicted or 0.0, fit.backtest_mae or 0.0),
            *(
                (name, detail[key]["expected_repeat"], detail[key]["mae"])
                for key, name in (
                    ("same_rate", gettext("Everybody at her own rate")),
                    ("cohort_mean", gettext("Everybody at the mean of her month")),
                )
            ),
        ]
        rows = [
            (name, expected, ratio(expected - actual, actual), mae)
            for name, expected, mae in forecasts
        ]
    return Dataset(
        key="forecast-errors",
        title=_("Mean error per customer, beside simple forecasts"),
        metric="back-test",
        columns=(
            words(_("Forecast")),
            Column(_("Predicted orders"), lambda v: number(v, 1), lambda v: round(v, 2), "number"),
            shares(_("Bias of the total")),
            _small(_("Mean error per customer")),
        ),
        rows=rows,
        option=charts.ladder(
            [row[0] for row in rows],
            [round(row[3], 4) for row in rows],
            name=gettext("Mean error per customer"),
            formatter="@decimal",
        ),
    )


def tracking(fit: ModelFit | None) -> Dataset:
    """Cumulative repeat purchases; from the beginning of the hidden time on they were predicted."""
    points = _detail(fit).get("tracking", [])
    rows = [(date.fromisoformat(day), actual, expected) for day, expected, actual in points]
    since = fit.backtest_from if fit is not None else None
    return Dataset(
        key="tracking",
        title=_("Repeat purchases added up: actual and expected"),
        metric="tracking",
        columns=(
            days(_("Until")),
            counts(_("Actual repeat purchases")),
            Column(_("Expected repeat purchases"), number, lambda value: round(value, 1), "number"),
        ),
        rows=rows,
        option=charts.lines(
            [f"{row[0]:%Y-%m-%d}" for row in rows],
            [
                (gettext("Actual repeat purchases"), [row[1] for row in rows]),
                (gettext("Expected repeat purchases"), [round(row[2], 1) for row in rows]),
            ],
            formatter="@integer",
        ),
        note=_("The model was fitted to the orders up to %(day)s; what comes after, it predicted.")
        % {"day": since}
        if since
        else "",
    )


CHARTS: Mapping[str, Callable[[ModelFit | None], Dataset]] = MappingProxyType(
    {"calibration": calibration, "forecast-errors": errors, "tracking": tracking}
)


def _detail(fit: ModelFit | None) -> dict[str, Any]:
    return fit.backtest_detail if fit is not None else {}


@dataclass(frozen=True)
class SignLine:
    """One sign in words: how bad it is, the records behind it as (words, address), what to do."""

    kind: str
    title: str | Promise
    level: str
    count: int
    of: int
    advice: str | Promise
    note: str
    records: list[tuple[str, str]]
    link: str

    @property
    def share(self) -> float | None:
        return ratio(self.count, self.of)

    @property
    def badge(self) -> str:
        return {"good": "badge-green", "mind": "badge-amber", "bad": "badge-red"}[self.level]

    @property
    def verdict(self) -> str | Promise:
        return _LEVELS[self.level]


_LEVELS = {"good": _("in order"), "mind": _("worth a look"), "bad": _("needs doing")}

_SIGNS: Mapping[str, tuple[str | Promise, str | Promise]] = MappingProxyType(
    {
        "gaps": (
            _("Days without orders that should have some"),
            _("Export these days from the shop again and import them; nothing is counted twice."),
        ),
        "unmatched": (
            _("Orders without a known customer"),
            _("Have the export carry unionid or phone, sync customers, and they are matched."),
        ),
        "unusual": (
            _("Unusually large orders"),
            _("Look at them: a wholesale order or a wrong amount moves every mean."),
        ),
        "refunds": (
            _("Refunded orders, last 30 days"),
            _(
                "Ask the shop what happened: a faulty batch, or refunds imported for the first time."
            ),
        ),
        "twice": (
            _("Orders that look like one order twice"),
            _("Same customer, amount and second. Two exports of one shop need the same source."),
        ),
        "future": (
            _("Orders from the future"),
            _(
                "The time zone or the date format of the export is wrong; correct it and import again."
            ),
        ),
        "free": (
            _("Orders over ¥0"),
            _(
                "Samples and gifts count as purchases. Leave them out of the export if they are none."
            ),
        ),
    }
)


def sign_lines(found: Mapping[str, Any]) -> list[SignLine]:
    """Every sign; empty before the first night."""
    return [_line(sign) for sign in found.get("signs", []) if sign["kind"] in _SIGNS]


def _line(sign: Mapping[str, Any]) -> SignLine:
    title, advice = _SIGNS[sign["kind"]]
    read = _gap if sign["kind"] == "gaps" else _order
    return SignLine(
        kind=sign["kind"],
        title=title,
        level=sign["level"],
        count=sign["count"],
        of=sign["of"],
        advice=advice,
        note=_note(sign),
        records=[read(*record) for record in sign["records"]],
        link=_orders(match="waiting") if sign["kind"] == "unmatched" else "",
    )


def _note(sign: Mapping[str, Any]) -> str:
    if sign.get("limit_fen") is not None:
        return gettext("above %(limit)s") % {"limit": yuan(sign["limit_fen"])}
    if sign.get("usual") is not None:
        return gettext("usual: %(share)s") % {"share": f"{sign['usual']:.1%}"}
    return ""


def _orders(**asked: str) -> str:
    return f"{reverse('console:orders')}?{urlencode(asked)}"


def _gap(first: str, last: str, missing: int) -> tuple[str, str]:
    said = gettext("%(first)s – %(last)s, about %(missing)s orders missing")
    return (
        said % {"first": first, "last": last, "missing": missing},
        _orders(paid_from=first, paid_to=last),
    )


def _order(source: str, external_id: str, day: str, fen: int) -> tuple[str, str]:
    return f"{source} {external_id} · {day} · {yuan(fen)}", _orders(text=external_id)


def signs(found: Mapping[str, Any]) -> Dataset:
    """All signs as a table with a file."""
    lines = sign_lines(found)
    return Dataset(
        key="data-quality",
        title=_("Quality of the orders"),
        metric="data-quality",
        columns=(
            words(_("Sign")),
            words(_("Verdict")),
            counts(_("Affected")),
            counts(_("Of")),
            words(_("Records")),
        ),
        rows=[
            (line.title, line.verdict, line.count, line.of, "; ".join(r[0] for r in line.records))
            for line in lines
        ],
        option={},
    )
