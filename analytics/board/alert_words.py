"""Churn alerts in words (流失预警): reasons with her own numbers, actions, who was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.metrics.churn_actions import Action
from analytics.metrics.churn_reasons import Found, Reason
from analytics.models import ChurnAlert
from analytics.selectors.alert_standing import Standing
from scrm.console.templatetags.console import number, yuan

REASON_NAMES: Mapping[Reason, Promise] = {
    Reason.UNFRIENDED: _("No friend any more"),
    Reason.STAFF_LEFT: _("Her staff left"),
    Reason.COMPLAINED: _("Complaint"),
    Reason.PRESSED: _("Too many messages"),
    Reason.REFUNDED: _("Refunds"),
    Reason.SILENT: _("Silent longer than most"),
    Reason.OVERDUE: _("Late by her own rhythm"),
    Reason.SPENDING_LESS: _("Spends less"),
    Reason.UNANSWERED: _("Does not answer"),
    Reason.LEFT_GROUPS: _("Left groups"),
    Reason.ONE_TIME: _("Bought once"),
}
_SENTENCES: Mapping[Reason, Promise] = {
    Reason.UNFRIENDED: _("No staff member is her friend any more."),
    Reason.STAFF_LEFT: _("None of the staff who follow her works here any more."),
    Reason.COMPLAINED: _("Complaints in %(days)s days: %(complaints)s."),
    Reason.PRESSED: _("Got %(touches)s messages in %(days)s days and answered none of them."),
    Reason.REFUNDED: _("%(refunded)s of %(paid)s paid in %(days)s days were refunded."),
    Reason.SILENT: _(
        "No order for %(gap)s days; 8 of 10 customers who return do so within %(limit)s."
    ),
    Reason.OVERDUE: _("No order for %(gap)s days; her usual gap is %(usual)s."),
    Reason.SPENDING_LESS: _(
        "Spent %(spent)s in the last %(months)s months, %(before)s in the %(months)s before."
    ),
    Reason.UNANSWERED: _("Answered none of %(touches)s messages in %(days)s days."),
    Reason.LEFT_GROUPS: _("Groups left in %(days)s days: %(groups)s."),
    Reason.ONE_TIME: _("Has bought on one day only."),
}
_MONEY = frozenset({"refunded", "paid", "spent", "before"})

ACTION_HINTS: Mapping[Action, Promise] = {
    Action.HAND_OVER: _("Give her a staff member who works here, then let that one say hello."),
    Action.REST: _("Send nothing for a while; a pause on her page keeps every broadcast away."),
    Action.FEEDBACK: _("Ask what went wrong and put it right before offering anything."),
    Action.COUPON: _("She had a habit and is silent: a personal word and one coupon with an end."),
    Action.MESSAGE: _("A personal word of service by her own staff, nothing to buy."),
}
STANDINGS: Mapping[Standing, Promise] = {
    Standing.ALERTED: _("She has an open alert."),
    Standing.NOT_A_FRIEND: _("No alert: she is no friend any more; see the lost customers."),
    Standing.NEVER_BOUGHT: _("No alert: she has not ordered yet, so there is no value at stake."),
    Standing.NO_FORECAST: _("No alert: there is no forecast of her value yet."),
    Standing.NO_SIGN: _("No alert: she keeps her rhythm, and her relation is not under pressure."),
    Standing.GONE: _(
        "No alert: she has been away for so long that a warning comes too late. Win back "
        "customers of this kind with a segment of the stage “lost”."
    ),
    Standing.LITTLE_VALUE: _("No alert: less is expected to be lost than an alert is worth."),
    Standing.HANDLED: _("No alert: an earlier one was closed a short while ago."),
    Standing.RESTING: _("No alert: she rests today."),
    Standing.OVER_BUDGET: _(
        "No alert today: her staff member's other customers had more to lose. She may be chosen "
        "tomorrow."
    ),
}
EXCLUDED: Mapping[str, Promise] = {
    "gone": _("Too late to warn"),
    "little_value": _("Too little value at stake"),
    "open": _("Has an open alert"),
    "handled": _("Alerted a short while ago"),
    "resting": _("Resting by wish or by the rules of reach"),
    "over_budget": _("Over the budget of her staff member"),
}


def reason_name(code: str) -> str:
    """A stored reason in short; one that a later version wrote stands for itself."""
    try:
        return str(REASON_NAMES[Reason(code)])
    except ValueError:
        return code


def sentence(found: Found) -> str:
    """A reason as a sentence with the customer's own numbers."""
    shown = {
        name: yuan(value) if name in _MONEY else number(value)
        for name, value in found.numbers.items()
    }
    return str(_SENTENCES[found.reason]) % shown if shown else str(_SENTENCES[found.reason])


def sentences(kept: Sequence[Mapping[str, Any]]) -> list[str]:
    """The reasons of a stored alert as sentences."""
    found = []
    for entry in kept:
        try:
            found.append(sentence(Found(Reason(entry["reason"]), entry["numbers"])))
        except (ValueError, KeyError):
            found.append(reason_name(str(entry.get("reason", ""))))
    return found


def task_text(alert: ChurnAlert, *, most: int) -> str:
    """What a task for staff says at first: the action, then the heaviest reason."""
    action, reasons = alert.get_action_display(), sentences(alert.reasons[:1])
    if not reasons:
        return action[:most]
    return (gettext("%(action)s: %(reason)s") % {"action": action, "reason": reasons[0]})[:most]


def excluded_lines(excluded: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons in words with their counts, in the order they are asked."""
    return [(str(words_), excluded[key]) for key, words_ in EXCLUDED.items() if excluded.get(key)]
