"""What the home page says of customers (首页): value first, then who comes back, stays and is
pressed; what waits for somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from analytics.board import courses, key_cards, stage_charts
from analytics.board.figures import BeingWorkedOut, Figures, known_yet
from analytics.board.key_cards import KeyCard, money
from analytics.periods import asked_period
from analytics.selectors.alerts import open_alerts
from analytics.selectors.pressure import DAYS
from broadcasts.models import Broadcast
from broadcasts.selectors.progress import visible_broadcasts
from broadcasts.selectors.reviews import waiting_count
from broadcasts.selectors.welcome_alarms import alarms
from contacts.models import StaffTask
from contacts.selectors.staff_tasks import visible_tasks
from scrm.console.cards import Asked
from scrm.console.templatetags.console import number, percent
from scrm.segments.days import business_day
from scrm.wecom.selectors import failed_callbacks

_SHARED = "analytics.figures"


def figures_of(asked: Asked) -> Figures:
    """Of the last 30 days beside the 30 before, read once for all cards of a page."""
    if _SHARED not in asked.shared:
        days = {"preset": "30d", "compare": "previous"}
        asked.shared[_SHARED] = Figures.of(
            asked.operator, now=asked.now, asked=asked_period(days, today=business_day(asked.now))
        )
    figures: Figures = asked.shared[_SHARED]
    return figures


def _card(make: Callable[[Figures], KeyCard], page: str) -> Callable[[Asked], dict[str, Any]]:
    def data(asked: Asked) -> dict[str, Any]:
        figures = figures_of(asked)
        card = replace(make(figures), link=reverse(page))
        return {"card": card, "as_of": figures.as_of}

    return data


def _ltv(figures: Figures) -> KeyCard:
    card = key_cards.LTV.card(figures)
    if card.value is None:
        return card
    if not figures.current.buyers_until_end:
        return replace(card, notes=[gettext("Import orders to see what customers are worth.")])
    expected = known_yet(lambda: figures.expected)
    trust = figures.trust
    if expected is None or trust is None or expected.mean_fen is None:
        return card
    low, high = trust.interval(expected.mean_fen)
    words = gettext("next 365 days: %(mean)s per buyer expected (%(low)s to %(high)s)") % {
        "mean": money(expected.mean_fen),
        "low": money(low),
        "high": money(high),
    }
    return replace(card, notes=[*card.notes, words])


def _repurchase(figures: Figures) -> KeyCard:
    title, metric = _("Repurchase rate"), "repurchase-rate"
    try:
        found, current = figures.repurchase, figures.current
    except BeingWorkedOut:
        return KeyCard(title, metric, None)
    if not found.buyers:
        nothing = gettext("Appears with the first imported order of a known customer.")
        return KeyCard(title, metric, "–", notes=[nothing])
    notes = [
        gettext("%(repeaters)s of %(buyers)s buyers of the last 12 months bought again")
        % {"repeaters": number(found.repeaters), "buyers": number(found.buyers)},
        gettext("%(days)s days: %(second)s second purchases")
        % {"days": DAYS, "second": number(current.total.second)},
    ]
    return KeyCard(title, metric, percent(found.rate), notes=notes)


def _referral(figures: Figures) -> KeyCard:
    title, metric = _("Referral"), "referral-rate"
    try:
        found = figures.referral
    except BeingWorkedOut:
        return KeyCard(title, metric, None)
    words = gettext("%(referred)s of %(new)s newcomers of 90 days came by a passed-on card") % {
        "referred": number(found.referred),
        "new": number(found.newcomers),
    }
    bound = gettext("referral rate at most %(most)s: WeCom does not tell who passed it on") % {
        "most": key_cards.fine_share(found.at_most)
    }
    share = found.referred / found.newcomers if found.newcomers else None
    return KeyCard(title, metric, percent(share), notes=[words, bound])


def _friends(figures: Figures) -> KeyCard:
    card = key_cards.effective(figures)
    return replace(card, title=_("Effective friends"), notes=card.notes[:1])


def _growth(figures: Figures) -> KeyCard:
    card = key_cards.NET_GROWTH.card(figures)
    if card.value is None:
        return card
    today = figures.current.days.get(figures.today)
    words = gettext("today: %(added)s new, %(lost)s lost") % {
        "added": number(today.added if today else 0),
        "lost": number(today.lost if today else 0),
    }
    return replace(card, title=_("Net growth, 30 days"), notes=[*card.notes, words])


def _pressure(figures: Figures) -> KeyCard:
    title, metric = _("Pressure, 30 days"), "pressure"
    try:
        found = figures.pressure
    except BeingWorkedOut:
        return KeyCard(title, metric, None)
    notes = [
        gettext("touches per friend; %(private)s private messages, %(cap)s a month are allowed")
        % {"private": number(found.private_per_friend, 2), "cap": found.cap},
        gettext("%(number)s friends (%(share)s) are at that cap")
        % {"number": number(found.at_cap), "share": percent(found.at_cap_share)},
    ]
    return KeyCard(title, metric, number(found.per_friend, 2), notes=notes)


_value = _card(_ltv, "console:analytics")
repurchase = _card(_repurchase, "console:analytics-repurchase")
referral = _card(_referral, "console:analytics-flow")
friends = _card(_friends, "console:analytics-flow")
growth = _card(_growth, "console:analytics-flow")
pressure = _card(_pressure, "console:reach-calendar")


def ltv(asked: Asked) -> dict[str, Any]:
    """The north star, with its course over the 30 days."""
    chart = known_yet(lambda: courses.ltv_course(figures_of(asked)))
    return {**_value(asked), "chart": chart}


def churn(asked: Asked) -> dict[str, Any]:
    """Both kinds; of the months the last that is over: the running one would look too good."""
    figures = figures_of(asked)
    months = known_yet(lambda: figures.unfriend_months)
    return {
        "month": months[-2] if months else None,
        "inactive": known_yet(lambda: figures.inactive),
        "as_of": figures.as_of,
    }


def revenue(asked: Asked) -> dict[str, Any]:
    figures = figures_of(asked)
    card = key_cards.NET.card(figures)
    chart = known_yet(lambda: courses.period_revenue(figures))
    return {"card": card, "chart": chart, "as_of": figures.as_of}


def lifecycle(asked: Asked) -> dict[str, Any]:
    figures = figures_of(asked)
    chart = known_yet(lambda: stage_charts.lifecycle(figures))
    return {"chart": chart, "as_of": figures.as_of}


@dataclass(frozen=True)
class Todo:
    """Something that waits for somebody, with where it is done."""

    number: int
    words: str | Promise
    url: str
    is_late: bool = False


def todos(asked: Asked) -> dict[str, Any] | None:
    """What waits (待办), each where this operator may do something about it; None if nothing may."""
    found = list(_todos(asked))
    return {"todos": [todo for todo in found if todo.number]} if found else None


def _todos(asked: Asked) -> Iterator[Todo]:
    """One query each."""
    operator, today = asked.operator, business_day(asked.now)
    if operator.has_perm("broadcasts.approve_broadcast"):
        waiting = waiting_count(operator)
        words = ngettext_lazy("broadcast to approve", "broadcasts to approve", waiting)
        yield Todo(waiting, words, reverse("console:broadcast-reviews"))
    if operator.has_perm("broadcasts.view_broadcast"):
        unconfirmed = visible_broadcasts(operator).filter(state=Broadcast.State.WAITING).count()
        words = ngettext_lazy(
            "broadcast that staff have not confirmed yet",
            "broadcasts that staff have not confirmed yet",
            unconfirmed,
        )
        yield Todo(unconfirmed, words, reverse("console:broadcast-cockpit"))
    if operator.has_perm("analytics.view_churnalert"):
        alerts = open_alerts(operator, shown=0).number
        words = ngettext_lazy("open churn alert", "open churn alerts", alerts)
        yield Todo(alerts, words, reverse("console:churn-alerts"))
    if operator.has_perm("contacts.view_stafftask"):
        open_tasks = visible_tasks(operator).filter(state=StaffTask.State.OPEN)
        due = open_tasks.filter(due_on__lte=today).count()
        words = ngettext_lazy("task of staff is due", "tasks of staff are due", due)
        yield Todo(due, words, reverse("console:staff-tasks"), is_late=True)
    if operator.has_perm("wecom.view_callbackevent"):
        failed = failed_callbacks(now=asked.now)
        words = ngettext_lazy("callback failed in 7 days", "callbacks failed in 7 days", failed)
        yield Todo(failed, words, f"{reverse('console:callbacks')}?state=failed", is_late=True)


def welcome_alarms(asked: Asked) -> dict[str, Any] | None:
    """What keeps newcomers from being welcomed; nothing while all is well."""
    found = alarms(asked.operator, now=asked.now)
    return {"alarms": found} if found else None
