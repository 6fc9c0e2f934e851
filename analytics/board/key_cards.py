"""The figures above the charts of a page: each with its change, its definition and its age."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from analytics.board.figures import BeingWorkedOut, Figures
from analytics.periods import COMPARISONS
from analytics.selectors.period_sums import PeriodSums
from scrm.console.templatetags.console import number, percent, yuan

Words: TypeAlias = "str | Promise"
# A change smaller than this is no change.
_SAME = 0.0005


def money(fen: float | None) -> str:
    return yuan(None if fen is None else round(fen))


def fine_share(share: float | None) -> str:
    """Small shares need a digit more."""
    return percent(share, 2 if share is not None and abs(share) < 0.1 else 1)


@dataclass(frozen=True)
class Change:
    """How a figure compares: `words` say it, `arrow` shows it, `is_good` is None where neither
    direction is better.
    """

    arrow: str
    words: str
    is_good: bool | None

    @property
    def badge(self) -> str:
        if self.is_good is None:
            return "grey"
        return "green" if self.is_good else "red"


@dataclass(frozen=True)
class KeyCard:
    """One figure; without a `value` a worker is still at it."""

    title: Words
    metric: str
    value: str | None
    change: Change | None = None
    notes: Sequence[str] = ()
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A figure of a period: read from its sums, written, compared with the period before.

    `more_is` says whether more of it is good (1), bad (-1) or neither (0). Shares are compared in
    percentage points, all others in per cent.
    """

    title: Words
    metric: str
    read: Callable[[PeriodSums], Any]
    write: Callable[[Any], str]
    more_is: int = 1
    is_share: bool = False
    notes: Callable[[PeriodSums], Sequence[str]] = lambda _sums: ()

    def card(self, figures: Figures) -> KeyCard:
        try:
            current, before = figures.current, figures.before
        except BeingWorkedOut:
            return KeyCard(self.title, self.metric, None)
        value = self.read(current)
        return KeyCard(
            self.title,
            self.metric,
            self.write(value),
            None if before is None else self.compared(value, self.read(before), figures),
            self.notes(current),
        )

    def compared(
        self, value: float | None, earlier: float | None, figures: Figures
    ) -> Change | None:
        name = {"than": COMPARISONS[figures.asked.compare], "earlier": self.write(earlier)}
        if value is None or earlier is None or (not self.is_share and not earlier):
            return Change("", gettext("%(than)s: %(earlier)s") % name, None)
        moved = value - earlier if self.is_share else (value - earlier) / abs(earlier)
        if abs(moved) < _SAME:
            return Change("=", gettext("%(than)s: the same") % name, None)
        size = f"{abs(moved) * 100:.1f}" + (gettext(" points") if self.is_share else "%")
        is_good = None if not self.more_is else (moved > 0) == (self.more_is > 0)
        words = gettext("%(size)s; %(than)s: %(earlier)s") % {**name, "size": size}
        return Change("▲" if moved > 0 else "▼", words, is_good)


def of_today(
    title: Words,
    metric: str,
    figures: Figures,
    read: Callable[[Figures], tuple[str, Sequence[str]]],
) -> KeyCard:
    """A figure that knows no period: it is of now, whatever days were chosen."""
    try:
        value, notes = read(figures)
    except BeingWorkedOut:
        return KeyCard(title, metric, None)
    return KeyCard(title, metric, value, notes=[*notes, gettext("now, whatever the period")])


LTV = Kind(
    title=_("LTV so far"),
    metric="ltv-historic",
    read=lambda sums: sums.ltv_fen,
    write=money,
    notes=lambda sums: [
        gettext("%(net)s of %(buyers)s buyers until %(day)s")
        % {
            "net": money(sums.net_until_end_fen),
            "buyers": number(sums.buyers_until_end),
            "day": sums.last_on,
        }
    ],
)
NET = Kind(
    title=_("Net revenue"),
    metric="revenue",
    read=lambda sums: sums.total.net_fen,
    write=money,
    notes=lambda sums: [
        gettext("%(orders)s orders; %(refunded)s refunded")
        % {"orders": number(sums.total.orders), "refunded": money(sums.total.refunded_fen)}
    ],
)
ORDER_VALUE = Kind(
    title=_("Average order value"),
    metric="order-value",
    read=lambda sums: sums.order_value_fen,
    write=money,
)
NEW_BUYERS = Kind(
    title=_("New buyers"),
    metric="new-buyers",
    read=lambda sums: sums.total.first,
    write=number,
    notes=lambda sums: [
        gettext("of %(buyers)s buyers in the period") % {"buyers": number(sums.buyers)}
    ],
)
REPURCHASE_RATE = Kind(
    title=_("Repurchase rate in the period"),
    metric="period-repurchase-rate",
    read=lambda sums: sums.repurchase_rate,
    write=percent,
    is_share=True,
    notes=lambda sums: [
        gettext("%(repeaters)s of %(buyers)s buyers bought on two days or more")
        % {"repeaters": number(sums.repeaters), "buyers": number(sums.buyers)}
    ],
)
RETURNING = Kind(
    title=_("Share of returning buyers"),
    metric="returning-buyers",
    read=lambda sums: sums.returning_share,
    write=percent,
    is_share=True,
    notes=lambda sums: [
        gettext("%(returning)s bought before the period began")
        % {"returning": number(sums.returning)}
    ],
)
SECOND = Kind(
    title=_("Second purchases"),
    metric="period-repurchases",
    read=lambda sums: sums.total.second,
    write=number,
    notes=lambda sums: [
        gettext("%(share)s of all buyers ever have two purchases")
        % {"share": percent(sums.repeat_share)}
    ],
)
UNFRIEND_RATE = Kind(
    title=_("Unfriend rate in the period"),
    metric="unfriend-rate",
    read=lambda sums: sums.unfriend_rate,
    write=fine_share,
    is_share=True,
    more_is=-1,
    notes=lambda sums: [
        gettext("customers ended %(ended)s of %(start)s relations")
        % {"ended": number(sums.total.unfriended), "start": number(sums.relations_at_start)}
    ],
)
LOST = Kind(
    title=_("Customers lost"),
    metric="growth",
    read=lambda sums: sums.total.lost,
    write=number,
    more_is=-1,
    notes=lambda _sums: [gettext("who are no staff member's friend any more")],
)
ADDED = Kind(
    title=_("New customers"), metric="growth", read=lambda sums: sums.total.added, write=number
)
NET_GROWTH = Kind(
    title=_("Net growth"),
    metric="growth",
    read=lambda sums: sums.net_growth,
    write=number,
    notes=lambda sums: [
        gettext("%(added)s new, %(lost)s lost")
        % {"added": number(sums.total.added), "lost": number(sums.total.lost)}
    ],
)


def pareto(figures: Figures) -> KeyCard:
    words = gettext("of net revenue comes from the best fifth of buyers")
    return of_today(
        _("Share of the best fifth"), "pareto", figures, lambda f: (percent(f.pareto), [words])
    )


def cycle(figures: Figures) -> KeyCard:
    def read(found: Figures) -> tuple[str, Sequence[str]]:
        days = found.cycle_days
        if days is None:
            return "–", [gettext("Nobody has bought on two days yet.")]
        rate = percent(found.repurchase.rate if found.repurchase.buyers else None)
        last_year = gettext("%(rate)s of the buyers of 12 months bought again") % {"rate": rate}
        whole = round(days)
        return ngettext("%(days)s day", "%(days)s days", whole) % {"days": whole}, [last_year]

    return of_today(_("Repurchase cycle"), "repurchase-cycle", figures, read)


def inactive(figures: Figures) -> KeyCard:
    def read(found: Figures) -> tuple[str, Sequence[str]]:
        seen = found.inactive
        lost = gettext("%(lost)s buyers without an order for more than %(days)s days") % {
            "lost": number(seen.lost),
            "days": seen.lost_after_days,
        }
        silent = gettext("silent (over %(days)s days): %(silent)s, %(share)s") % {
            "days": seen.silent_after_days,
            "silent": number(seen.silent),
            "share": percent(seen.silent_share),
        }
        return percent(seen.lost_share), [lost, silent]

    return of_today(_("Churn: stopped buying"), "churn-inactive", figures, read)


def effective(figures: Figures) -> KeyCard:
    def read(found: Figures) -> tuple[str, Sequence[str]]:
        seen = found.overview
        words = gettext("%(share)s of %(friends)s friends") % {
            "share": percent(seen.effective_share),
            "friends": number(seen.friends),
        }
        return number(seen.effective), [words]

    return of_today(_("Effective customers"), "effective-customers", figures, read)
