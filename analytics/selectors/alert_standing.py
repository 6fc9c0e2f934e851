"""Why one customer is, or is not, alerted today (预警说明)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from analytics.metrics.churn_actions import Action, action_for
from analytics.metrics.churn_alerts import Buyers
from analytics.metrics.churn_reasons import Found, Signs, reasons
from analytics.metrics.unfriend_hazard import age_of, pressures_of
from analytics.models import ChurnAlert, ContactMetrics
from analytics.selectors.alert_resting import why_resting
from analytics.selectors.alert_settings import alert_rules, hazards_of, last_choice
from analytics.selectors.alert_signs import signs_of
from contacts.models import Contact, Follow, Relation
from contacts.selectors.lifecycle import lifecycle_settings


class Standing(StrEnum):
    """Where a customer stands in the choice of alerts; the first that applies."""

    ALERTED = "alerted"
    NOT_A_FRIEND = "not_a_friend"
    NEVER_BOUGHT = "never_bought"
    NO_FORECAST = "no_forecast"
    NO_SIGN = "no_sign"
    GONE = "gone"
    LITTLE_VALUE = "little_value"
    HANDLED = "handled"
    RESTING = "resting"
    OVER_BUDGET = "over_budget"


@dataclass(frozen=True)
class Explained:
    """`alert` is her newest one; the figures are of today and None where there is no forecast.

    `rests_because` is the governor's reason; `risk` a chance, money in fen.
    """

    standing: Standing
    alert: ChurnAlert | None = None
    reasons: tuple[Found, ...] = ()
    kind: str = ""
    risk: float | None = None
    value_fen: int | None = None
    loss_fen: int | None = None
    least_loss_fen: int = 0
    rest_days: int = 0
    rests_because: str = ""
    action: Action | None = None
    signs: Signs | None = field(default=None, repr=False)


def explain_alert(contact: Contact, *, now: datetime) -> Explained:
    """Her standing by the same conditions as the choice. At most fourteen queries."""
    newest = (
        ChurnAlert.objects.filter(contact=contact)
        .select_related("staff", "closed_by")
        .order_by("-made_at")
        .first()
    )
    if contact.relation != Relation.FRIEND:
        return Explained(Standing.NOT_A_FRIEND, newest)
    is_open = newest is not None and newest.state == ChurnAlert.State.OPEN
    bought = ContactMetrics.objects.filter(pk=contact.pk).first()
    if bought is None:
        return Explained(Standing.ALERTED if is_open else Standing.NEVER_BOUGHT, newest)
    limits = lifecycle_settings()
    signs = signs_of([contact.pk], silent_days=limits.silent_after_days, now=now)[contact.pk]
    if is_open:
        return Explained(Standing.ALERTED, newest, reasons(signs), signs=signs)
    if bought.p_alive is None or bought.predicted_fen is None:
        return Explained(Standing.NO_FORECAST, newest, reasons(signs), signs=signs)
    return _weighed(contact, signs, _buyer(bought, signs), newest, now=now)


def _buyer(bought: ContactMetrics, signs: Signs) -> Buyers:
    usual = np.nan if signs.usual_gap_days is None else signs.usual_gap_days
    return Buyers(
        gap=np.array([signs.gap_days]),
        usual=np.array([usual], dtype=np.float64),
        p_alive=np.array([bought.p_alive], dtype=np.float64),
        value=np.array([bought.predicted_fen], dtype=np.float64),
    )


def _weighed(
    contact: Contact, signs: Signs, buyer: Buyers, newest: ChurnAlert | None, *, now: datetime
) -> Explained:
    """What she would cost, and the first condition that keeps her out."""
    rules, limits = alert_rules(), lifecycle_settings()
    hazard, is_raised = _hazard(contact, signs, now=now)
    value = float(buyer.value[0])
    inactive = float(buyer.loss[0]) if buyer.has_sign(limits.silent_after_days)[0] else -1.0
    unfriended = hazard * value if is_raised else -1.0
    is_inactive = inactive >= unfriended
    loss = max(inactive, unfriended)
    risk = 1 - float(buyer.p_alive[0]) if is_inactive else hazard
    loss_fen = max(round(loss), 0)
    rests = ""
    if loss < 0:
        standing = Standing.NO_SIGN
    elif buyer.is_gone(limits.lost_after_days)[0]:
        standing = Standing.GONE
    elif loss < rules.least_loss_fen:
        standing = Standing.LITTLE_VALUE
    elif _was_handled(newest, now - timedelta(days=rules.rest_days)):
        standing = Standing.HANDLED
    else:
        rests = why_resting(contact.pk, is_pressed=signs.is_pressed, now=now) or ""
        standing = Standing.RESTING if rests else Standing.OVER_BUDGET
    return Explained(
        standing,
        newest,
        reasons(signs),
        kind=ChurnAlert.Kind.INACTIVE if is_inactive else ChurnAlert.Kind.UNFRIENDED,
        risk=risk,
        value_fen=round(float(buyer.worth[0]) if is_inactive else value),
        loss_fen=loss_fen,
        least_loss_fen=rules.least_loss_fen,
        rest_days=rules.rest_days,
        rests_because=rests,
        action=action_for(signs, loss_fen=loss_fen),
        signs=signs,
    )


def _hazard(contact: Contact, signs: Signs, *, now: datetime) -> tuple[float, bool]:
    """The chance of her kind by the last choice's count, and whether that kind is endangered."""
    last = last_choice()
    since = (
        Follow.objects.filter(contact=contact, status=Follow.Status.ACTIVE)
        .order_by("added_at")
        .values_list("added_at", flat=True)
        .first()
    )
    if last is None or since is None:
        return 0.0, False
    risks = hazards_of(last)
    kind = (
        int(age_of([(now - since).days])[0]),
        int(pressures_of([signs.touches], [signs.is_answered])[0]),
    )
    return float(risks.rate[kind]), bool(risks.is_raised[kind])


def _was_handled(newest: ChurnAlert | None, since: datetime) -> bool:
    return newest is not None and newest.closed_at is not None and newest.closed_at > since
