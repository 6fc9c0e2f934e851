"""The charts of staff (员工价值), each with the table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board.effects import Said, interval_words
from analytics.metrics.surplus import LEAST, Standing, Surplus
from analytics.periods import AskedPeriod
from analytics.selectors.staff_value import StaffFigures, StaffOverview, StaffRow
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days, decimals, money, shares, words
from scrm.console.templatetags.console import yuan

_DRAWN = 20


def name_of(row: StaffRow) -> str:
    return str(row.member) if row.member is not None else gettext("Nobody")


def surplus_said(found: Surplus | None) -> Said:
    """What may be said of a staff member's customers against what was expected of them."""
    if found is None:
        return Said("grey", "–")
    low_high = interval_words(found.low, found.high, lambda fen: yuan(round(fen)))
    if found.standing is Standing.FEW:
        few = gettext("Fewer than %(least)d customers: %(interval)s") % {
            "least": LEAST,
            "interval": low_high,
        }
        return Said("grey", gettext("Too few to tell"), few)
    if found.standing is Standing.ABOVE:
        return Said("green", gettext("Above what was expected"), low_high)
    if found.standing is Standing.BELOW:
        return Said("amber", gettext("Below what was expected"), low_high)
    return Said("grey", gettext("Not told apart from what was expected"), low_high)


def address_of(row: StaffRow, asked: AskedPeriod) -> str:
    if row.member is None:
        return ""
    return f"{_address_of_one().replace('0', str(row.member.pk))}?{asked.query}"


@cache
def _address_of_one() -> str:
    """With 0 for the member: a page has thousands of them."""
    return reverse("console:staff-value-one", args=[0])


def by_staff(found: StaffOverview, asked: AskedPeriod) -> Dataset:
    """Everybody with all figures; drawn is the revenue of the customers looked after."""
    shown = [row for row in found.rows if row.figures.net_fen][:_DRAWN]
    return Dataset(
        key="staff-value",
        title=_("Revenue of the customers each looked after"),
        metric="staff-revenue",
        columns=(
            words(_("Staff")),
            counts(_("Added")),
            counts(_("New customers")),
            counts(_("Unfriended by customers")),
            counts(_("Removed by staff")),
            shares(_("Still friends after 30 days")),
            counts(_("Chats")),
            counts(_("Messages")),
            shares(_("Replied to")),
            decimals(_("Minutes to the first reply")),
            counts(_("Deleted or blocked (WeCom)")),
            counts(_("Orders")),
            money(_("Net revenue")),
            counts(_("Tasks done")),
            counts(_("Tasks overdue")),
            counts(_("Broadcasts to send")),
            counts(_("Not sent")),
            counts(_("Buyers compared")),
            money(_("Against expectation")),
            money(_("Lower bound (95 %)")),
            money(_("Upper bound (95 %)")),
        ),
        rows=[(name_of(row), *_line(row.figures)) for row in found.rows],
        option=charts.ladder(
            [name_of(row) for row in shown],
            [row.figures.net_fen for row in shown],
            name=gettext("Net revenue"),
            formatter="@fen",
            links=[address_of(row, asked) for row in shown],
        ),
        links=[address_of(row, asked) for row in found.rows],
    )


def _line(seen: StaffFigures) -> tuple[object, ...]:
    surplus = seen.surplus
    return (
        seen.added,
        seen.won,
        seen.lost,
        seen.removed,
        seen.kept,
        seen.chats.chats,
        seen.chats.messages,
        seen.chats.replied,
        seen.chats.reply_minutes,
        seen.chats.negative,
        seen.orders,
        seen.net_fen,
        seen.care.tasks_done,
        seen.care.tasks_late,
        seen.care.batches,
        seen.care.unconfirmed,
        surplus.customers if surplus else None,
        surplus.amount if surplus else None,
        surplus.low if surplus else None,
        surplus.high if surplus else None,
    )


def by_day(found: Sequence[tuple[date, int, int, int, int]]) -> tuple[Dataset, Dataset]:
    """Customers added and lost, and revenue, of each day."""
    has_moved = any(added or lost for _day, added, lost, _orders, _fen in found)
    has_sold = any(orders for _day, _added, _lost, orders, _fen in found)
    labels = [f"{row[0]:%m-%d}" for row in found]
    moved = Dataset(
        key="staff-days",
        title=_("Added and lost by day"),
        metric="staff-adds",
        columns=(days(_("Day")), counts(_("Added")), counts(_("Unfriended by customers"))),
        rows=[row[:3] for row in found] if has_moved else [],
        option=charts.bars(
            labels,
            [
                (gettext("Added"), [row[1] for row in found]),
                (gettext("Lost"), [-row[2] for row in found]),
            ],
            formatter="@integer",
            stacked=True,
        ),
    )
    sold = Dataset(
        key="staff-revenue",
        title=_("Revenue of the customers looked after, by day"),
        metric="staff-revenue",
        columns=(days(_("Day")), counts(_("Orders")), money(_("Net revenue"))),
        rows=[(row[0], row[3], row[4]) for row in found] if has_sold else [],
        option=charts.bars(
            labels, [(gettext("Net revenue"), [row[4] for row in found])], formatter="@fen"
        ),
    )
    return moved, sold
