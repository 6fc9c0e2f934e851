"""What pages say of the effect of broadcasts (群发效果): words, charts and the rows behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics.metrics.ab_test import Pair, compare, looks_passed
from analytics.metrics.uplift import (
    ALPHA,
    LEAST_EVENTS,
    RATIO_ALARM,
    RELEVANT,
    Uplift,
    Verdict,
    ratio_p_value,
    uplift,
)
from analytics.selectors.broadcast_report import Course, Funnel, Report, Worth
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, money, shares, words
from scrm.console.templatetags.console import number, percent, yuan


@dataclass(frozen=True)
class Said:
    """A verdict in words; `badge` is the colour of its label."""

    badge: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One outcome of the comparison, as text."""

    title: str
    treated: str
    held: str
    effect: str
    interval: str
    relative: str
    relative_interval: str
    total: str
    total_interval: str
    said: Said


@dataclass(frozen=True)
class Comparison:
    """Two versions on one outcome, as text."""

    title: str
    pair: Pair
    effect: str
    interval: str


def said(found: Uplift | None, *, is_over: bool, is_for_groups: bool = False) -> Said:
    if found is None:
        return Said("grey", _("Being measured"))
    if found.verdict is Verdict.NO_HOLDOUT:
        return Said(
            "grey", _("No hold-out"), _("Nobody was kept from it, so nothing tells what it added.")
        )
    if not is_over:
        return Said("blue", _("Still counting"), _("The verdict comes when the window is over."))
    if found.is_decided:
        return Said(*_decided(found))
    return Said(*_open(found, is_for_groups=is_for_groups))


def _open(found: Uplift, *, is_for_groups: bool) -> tuple[str, str, str]:
    if found.needed is None:
        return "amber", _("Not decidable yet"), _("Nobody has ordered so far.")
    return (
        "amber",
        _("Not decidable yet"),
        _needed(found, found.needed, is_for_groups=is_for_groups),
    )


def _needed(found: Uplift, needed: int, *, is_for_groups: bool) -> str:
    if is_for_groups:
        note = ngettext("%(needed)s more group needed.", "%(needed)s more groups needed.", needed)
    else:
        note = ngettext(
            "%(needed)s more customer needed.", "%(needed)s more customers needed.", needed
        )
    told = note % {"needed": number(needed)}
    if not found.is_thin:
        return told
    thin = _("One side has fewer than %(least)s with an order.") % {"least": LEAST_EVENTS}
    return f"{thin} {told}"


def _decided(found: Uplift) -> tuple[str, str, str]:
    if found.verdict is Verdict.MORE:
        return "green", _("It brought more"), ""
    if found.verdict is Verdict.LESS:
        return "red", _("It brought less"), ""
    missed = _("One of %(share)s would have been seen.") % {"share": percent(RELEVANT, 0)}
    return "grey", _("No effect that matters"), missed


def interval_words(low: float, high: float, write: Callable[[float], str]) -> str:
    return _("%(low)s to %(high)s") % {"low": write(low), "high": write(high)}


def in_yuan(value: float) -> str:
    return yuan(round(value))


def _per_head(value: float) -> str:
    return number(value, 4)


# Outcome, its name, how a mean and how a sum of it is written.
_OUTCOMES: tuple[tuple[str, str | Promise, Callable[[float], str], Callable[[float], str]], ...] = (
    ("revenue", gettext_lazy("Revenue per customer"), in_yuan, in_yuan),
    ("orders", gettext_lazy("Orders per customer"), _per_head, number),
)


def lines(
    treated: Any,
    held: Any,
    *,
    people: int,
    is_over: bool,
    is_for_groups: bool,
    alpha: float = ALPHA,
) -> list[Line]:
    """The comparison of both arms, one line an outcome; arms are mappings of Moments."""
    return [
        line(
            str(title),
            uplift(treated[outcome], held[outcome], alpha=alpha),
            write=(mean, total),
            people=people,
            is_over=is_over,
            is_for_groups=is_for_groups,
        )
        for outcome, title, mean, total in _OUTCOMES
    ]


def worth_lines(
    worth: Worth | None, *, people: int, is_over: bool, is_for_groups: bool, alpha: float = ALPHA
) -> list[Line]:
    """Incremental LTV: what was bought since and is expected in the year to come, as the others;
    empty without forecasts.
    """
    if worth is None:
        return []
    return [
        line(
            _("Bought since and expected in 365 days, per customer"),
            uplift(worth.treated, worth.held, alpha=alpha),
            write=(in_yuan, in_yuan),
            people=people,
            is_over=is_over,
            is_for_groups=is_for_groups,
        )
    ]


def line(
    title: str,
    found: Uplift,
    *,
    write: tuple[Callable[[float], str], Callable[[float], str]],
    people: int,
    is_over: bool = True,
    is_for_groups: bool = False,
) -> Line:
    mean, total = write
    verdict = said(found, is_over=is_over, is_for_groups=is_for_groups)
    whole, change = found.total(people), found.difference
    if whole is None or change is None:
        return Line(title, mean(found.treated_mean), "–", "–", "", "–", "", "–", "", verdict)
    reach = ""
    if found.relative_low is not None and found.relative_high is not None:
        reach = interval_words(found.relative_low, found.relative_high, percent)
    return Line(
        title,
        mean(found.treated_mean),
        mean(found.held_mean),
        mean(change.effect),
        interval_words(change.low, change.high, mean),
        percent(found.relative),
        reach,
        total(whole[0]),
        interval_words(whole[1], whole[2], total),
        verdict,
    )


def is_ratio_off(report: Report) -> bool:
    """The arms are not as large as they were drawn, so something other than the draw parts them."""
    broadcast = report.broadcast
    drawn = broadcast.holdout_percent / 100
    return ratio_p_value(broadcast.chosen, broadcast.held_out, drawn) < RATIO_ALARM


def look_of(report: Report) -> int:
    """How many of the planned looks at versions are over."""
    return looks_passed(report.span.elapsed)


def comparisons(report: Report) -> list[Comparison]:
    """Every pair of versions by revenue and by who ordered; empty before the first look."""
    versions = report.arms.by_version
    outcomes: tuple[tuple[str, str, Callable[[float], str]], ...] = (
        ("ordered", _("Customers who ordered"), percent),
        ("revenue", _("Revenue per customer"), in_yuan),
    )
    look = look_of(report)
    return [
        Comparison(title, pair, write(pair.effect), interval_words(pair.low, pair.high, write))
        for key, title, write in outcomes
        for pair in compare(
            {letter: found[key] for letter, found in versions.items()},
            look=look,
            outcomes=len(outcomes),
        )
    ]


def funnel(report: Report) -> Dataset:
    return funnel_of(report.funnel, is_for_groups=report.broadcast.is_for_groups)


def funnel_of(found: Funnel, *, is_for_groups: bool) -> Dataset:
    """Step by step; planned and executed are groups where groups are written to, and left out."""
    asked = [(_("Planned"), found.planned), (_("Executed by staff"), found.executed)]
    people = [
        *([] if is_for_groups else asked),
        (_("Delivered"), found.delivered),
        *([(_("Clicked"), found.clickers)] if found.clickers is not None else []),
        (_("Placed an order"), found.buyers),
    ]
    whole = people[0][1]
    return Dataset(
        key="effect-funnel",
        title=gettext_lazy("From plan to order"),
        metric="broadcast-funnel",
        columns=(
            words(gettext_lazy("Step")),
            counts(gettext_lazy("Customers")),
            shares(gettext_lazy("Of the first step")),
        ),
        rows=[(name, many, many / whole) for name, many in people] if whole else [],
        option=charts.ladder(
            [name for name, _many in people],
            [many for _name, many in people],
            name=_("Customers"),
        ),
    )


def curve(report: Report) -> Dataset:
    return curve_of(
        report.course,
        title=gettext_lazy("Revenue per customer since the audience was fixed"),
        x_name=_("Days since the audience was fixed"),
        metric="broadcast-uplift",
    )


def curve_of(rows: Sequence[Course], *, title: str | Promise, x_name: str, metric: str) -> Dataset:
    """Both arms day by day; empty while nobody has ordered."""
    has_any = any(row[1] or row[2] for row in rows)
    names = (_("Written to"), _("Held out"))
    return Dataset(
        key="effect-days",
        title=title,
        metric=metric,
        columns=(
            counts(gettext_lazy("Days since")),
            money(gettext_lazy("Written to: revenue")),
            money(gettext_lazy("Held out: revenue")),
            _small(gettext_lazy("Written to: orders")),
            _small(gettext_lazy("Held out: orders")),
        ),
        rows=rows if has_any else [],
        option=charts.steps(
            [
                (name, [(row[0], row[place]) for row in rows])
                for place, name in enumerate(names, start=1)
            ],
            x_name=x_name,
            formatter="@fen",
        ),
    )


CHARTS = MappingProxyType({"effect-funnel": funnel, "effect-days": curve})


def _small(label: str | Promise) -> Column:
    """Of means far below 1."""
    return Column(label, _per_head, lambda value: round(value, 6))
