"""Churn alerts and messages of staff (员工触达), with the table behind them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from analytics.board.figures import Source
from analytics.periods import AskedPeriod, Period
from analytics.selectors import kept
from analytics.selectors.parts import everybody
from analytics.selectors.staff_reach import Reach
from contacts.models import Staff
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, shares, words

_DRAWN = 20

_COLUMNS: tuple[Column, ...] = (
    words(_("Staff")),
    counts(_("Churn alerts")),
    counts(pgettext_lazy("alert", "Open")),
    counts(_("Done within 7 days")),
    shares(_("Of those not open")),
    counts(_("Done later")),
    counts(_("Ordered within 30 days")),
    counts(_("Unfriended within 30 days")),
    counts(_("Neither within 30 days")),
    counts(_("Private messages that arrived")),
    counts(_("Beyond the month's cap")),
    shares(_("Within the cap")),
)


def reach_in(period: Period, *, now: datetime) -> dict[int, Reach]:
    """Of everybody, by staff id. Raises BeingWorkedOut."""
    return Source(everybody(), now=now).of_period(kept.REACH, period)  # type: ignore[no-any-return]


def by_staff(
    found: Mapping[int, Reach], members: Mapping[int, Staff], asked: AskedPeriod
) -> Dataset:
    """Everybody who may be seen with a message or an alert in the period, the most alerts first."""
    rows = sorted(
        ((members[pk], reach) for pk, reach in found.items() if pk in members),
        key=lambda pair: (-pair[1].alerts, -pair[1].touches, str(pair[0])),
    )
    links = [_address(member, asked) for member, _reach in rows]
    # Those with the most alerts come first, so the addresses of the drawn do, too.
    drawn = [(member, reach) for member, reach in rows if reach.alerts][:_DRAWN]
    alerts = [reach for _member, reach in drawn]
    series = [
        (gettext("Done within 7 days"), [each.in_time for each in alerts]),
        (gettext("Done later"), [each.done - each.in_time for each in alerts]),
        (gettext("Dismissed or expired"), [each.alerts - each.open - each.done for each in alerts]),
        (pgettext("alert", "Open"), [each.open for each in alerts]),
    ]
    return Dataset(
        key="staff-reach",
        title=_("Churn alerts and messages of each"),
        metric="staff-reach",
        columns=_COLUMNS,
        rows=[(str(member), *_line(reach)) for member, reach in rows],
        links=links,
        option=charts.bars(
            [str(member) for member, _reach in drawn],
            series,
            formatter="@integer",
            stacked=True,
            are_names=True,
            links=links[: len(drawn)],
        ),
    )


def _line(reach: Reach) -> tuple[Any, ...]:
    return (
        reach.alerts,
        reach.open,
        reach.in_time,
        reach.in_time_share,
        reach.done - reach.in_time,
        reach.ordered,
        reach.unfriended,
        reach.neither,
        reach.touches,
        reach.over,
        reach.within_share,
    )


def _address(member: Staff, asked: AskedPeriod) -> str:
    return f"{reverse('console:staff-value-one', args=[member.pk])}?{asked.query}"


def alerts_address(member: Staff) -> str:
    """All alerts of one, of whatever state."""
    return f"{reverse('console:churn-alerts')}?{urlencode({'staff_id': member.pk, 'state': 'all'})}"
