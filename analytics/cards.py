"""Cards of analytics: on the home page, and the value of one customer on her page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.board import home
from analytics.board import sources as source_board
from analytics.board.alert_words import ACTION_HINTS, STANDINGS, sentence, sentences
from analytics.board.figures import Source as Figures
from analytics.board.figures import known_yet
from analytics.metrics.churn_actions import Action
from analytics.models import ALERT_NOTE_CHARS
from analytics.periods import Period, asked_period
from analytics.selectors.alert_standing import explain_alert
from analytics.selectors.alerts import open_alerts
from analytics.selectors.ledger import currency
from analytics.selectors.losses import removed_by_staff
from analytics.selectors.parts import whole
from analytics.selectors.profile import profile
from analytics.selectors.scope import PERMISSION
from analytics.selectors.source_figures import Figures as SourceFigures
from analytics.selectors.source_figures import Source
from analytics.selectors.sources import Whom, figures_of, staff_scope
from analytics.selectors.value_settings import value_settings
from broadcasts.selectors.reasons import reason_words
from contacts.models import Channel, Contact
from scrm.console.cards import Asked, Card, Place
from scrm.segments.days import business_day

MAY_SEE_ALERTS = "analytics.view_churnalert"
_ALERTS_SHOWN = 3


def _removals(asked: Asked) -> dict[str, Any] | None:
    found = removed_by_staff(asked.operator, since=asked.now - timedelta(days=7))
    removed = found.count()
    return {"removed": removed, "latest": found[:5]} if removed else None


def _value(asked: Asked) -> dict[str, Any]:
    contact = Contact.objects.get(pk=asked.subject_id)
    found = profile(contact, today=business_day(asked.now))
    return {"profile": found, "reasons": [sentence(reason) for reason in found.reasons]}


def _channel(asked: Asked) -> dict[str, Any] | None:
    which = Source(Channel.objects.get(pk=asked.subject_id).state)
    year = asked_period({"preset": "365d"}, today=business_day(asked.now))
    found = known_yet(lambda: _of_channel(which, year.period, asked))
    if found is not None and not found.won and not found.cost_fen:
        return None
    return {
        "found": found,
        "payback": source_board.payback_words(found) if found is not None else "",
        "address": source_board.address_of(which, year),
    }


def _of_channel(which: Source, period: Period, asked: Asked) -> SourceFigures:
    """Raises BeingWorkedOut."""
    settings, part = value_settings(), whole(asked.operator)
    if part.is_large and part.scope is not None:
        seen = Figures(part, now=asked.now).channel(which, period).seen
        return seen.figures(which, settings)
    mine = Whom(staff_scope(asked.operator))
    today = business_day(asked.now)
    return figures_of(which, period, whom=mine, settings=settings, today=today)


def _open_alerts(asked: Asked) -> dict[str, Any]:
    return {"open": open_alerts(asked.operator, shown=_ALERTS_SHOWN)}


def _alert(asked: Asked) -> dict[str, Any]:
    contact = Contact.objects.get(pk=asked.subject_id)
    found = explain_alert(contact, now=asked.now)
    alert = found.alert
    return {
        "found": found,
        "words": STANDINGS[found.standing],
        "rest_words": reason_words(found.rests_because) if found.rests_because else "",
        "reasons": [sentence(reason) for reason in found.reasons],
        "hint": ACTION_HINTS[Action(alert.action)] if alert else "",
        "earlier": sentences(alert.reasons) if alert else [],
        "may_close": asked.operator.has_perm("analytics.change_churnalert"),
        "may_give": asked.operator.has_perm("contacts.add_stafftask"),
        "most_chars": ALERT_NOTE_CHARS,
        "next": f"{reverse('console:contact', args=[contact.pk])}#tab-churn-alert",
    }


def _currency(asked: Asked) -> dict[str, Any] | None:
    """How current the figures are, when that is wrong."""
    found = currency(now=asked.now)
    return {"currency": found} if found.is_alarming else None


# Value first; volumes come last. Alarms stand above everything.
_KEY = "analytics/cards/key.html"
HOME: tuple[tuple[str, str, Callable[[Asked], Any], int, str | Promise, str, int], ...] = (
    (
        "welcome-alarms",
        "analytics/cards/welcome_alarms.html",
        home.welcome_alarms,
        2,
        _("Welcome"),
        "broadcasts.view_welcome",
        12,
    ),
    (
        "refreshes",
        "analytics/cards/currency.html",
        _currency,
        4,
        _("Refreshes of the figures"),
        PERMISSION,
        12,
    ),
    ("ltv", _KEY, home.ltv, 10, _("LTV"), PERMISSION, 6),
    ("repurchase", _KEY, home.repurchase, 20, _("Repurchase rate"), PERMISSION, 3),
    ("referral", _KEY, home.referral, 24, _("Referral"), PERMISSION, 3),
    ("friends", _KEY, home.friends, 26, _("Effective friends"), PERMISSION, 3),
    ("growth", _KEY, home.growth, 30, _("Net growth"), PERMISSION, 3),
    ("pressure", _KEY, home.pressure, 32, _("Pressure"), PERMISSION, 3),
    ("churn", "analytics/cards/churn.html", home.churn, 40, _("Churn"), PERMISSION, 3),
    ("todos", "analytics/cards/todos.html", home.todos, 42, _("Waiting for you"), "", 3),
    ("revenue", "analytics/cards/revenue.html", home.revenue, 50, _("Revenue"), PERMISSION, 6),
    (
        "lifecycle",
        "analytics/cards/lifecycle.html",
        home.lifecycle,
        60,
        _("Lifecycle stages"),
        PERMISSION,
        6,
    ),
)

CARDS = (
    *(
        Card(name, Place.HOME, template, data, order, title, permission, span)
        for name, template, data, order, title, permission, span in HOME
    ),
    Card(
        "removals",
        Place.HOME,
        "analytics/cards/removals.html",
        _removals,
        44,
        _("Removed by staff"),
        PERMISSION,
    ),
    Card(
        "value",
        Place.CONTACT,
        "analytics/cards/value.html",
        _value,
        30,
        _("Customer value"),
        PERMISSION,
    ),
    Card(
        "channel-value",
        Place.CHANNEL,
        "analytics/cards/channel_value.html",
        _channel,
        30,
        _("Value"),
        PERMISSION,
    ),
    Card(
        "churn-alerts",
        Place.HOME,
        "analytics/cards/alerts.html",
        _open_alerts,
        41,
        _("Churn alerts"),
        MAY_SEE_ALERTS,
    ),
    Card(
        "churn-alert",
        Place.CONTACT,
        "analytics/cards/alert.html",
        _alert,
        32,
        _("Churn alert"),
        MAY_SEE_ALERTS,
    ),
)
