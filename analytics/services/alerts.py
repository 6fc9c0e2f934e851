"""What operators do with churn alerts: close them, make a task of one, set the rules."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.models import (
    ALERT_NOTE_CHARS,
    ChurnAlert,
    ChurnAlertSettings,
)
from analytics.selectors.alert_settings import AlertRules
from contacts.models import StaffTask
from contacts.services.staff_tasks import give_task
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.typed import one_line

# Least and most of each figure.
LIMITS = {
    "budget": (0, 200),
    "rest_days": (0, 365),
    "open_days": (1, 60),
    "least_loss_fen": (0, 100_000_000),
}
State = ChurnAlert.State


class AlertClosed(ScrmError):
    """Somebody has closed it otherwise already, or its time is over."""

    code = "alert_closed"


def close_alert(
    *, alert_id: int, state: str, note: str, operator: Operator, now: datetime
) -> ChurnAlert:
    """Mark an open alert as done or dismissed; once more the same changes nothing.

    Raises AlertClosed, InvalidInput (note).
    """
    target = State(state)
    if target not in {State.DONE, State.DISMISSED}:
        raise ValueError("an alert is closed as done or dismissed")
    note = one_line(note)
    if len(note) > ALERT_NOTE_CHARS:
        raise InvalidInput(
            _("At most %(most)d characters.") % {"most": ALERT_NOTE_CHARS}, field="note"
        )
    with transaction.atomic():
        alert = ChurnAlert.objects.select_for_update().get(pk=alert_id)
        if alert.state == target:
            return alert
        if alert.state != State.OPEN:
            raise AlertClosed(_("This alert is closed already."))
        alert.state, alert.closed_at, alert.closed_by, alert.note = target, now, operator, note
        alert.save(update_fields=["state", "closed_at", "closed_by", "note"])
        _log(f"churn_alert.{target}", alert, operator, now)
    return alert


def give_alert_task(
    *, alert_id: int, text: str, due_on: date, operator: Operator, now: datetime, link: str = ""
) -> StaffTask:
    """Make a task for the alert's staff member of it; the alert stays open until it is closed.

    A second press gives the same task. Raises AlertClosed, InvalidInput (staff, text, due_on).
    """
    with transaction.atomic():
        alert = ChurnAlert.objects.select_for_update().get(pk=alert_id)
        if alert.task is not None:
            return alert.task
        if alert.state != State.OPEN:
            raise AlertClosed(_("This alert is closed already."))
        alert.task = give_task(
            contact_id=alert.contact_id,
            staff_id=alert.staff_id,
            text=text,
            due_on=due_on,
            operator=operator,
            now=now,
            link=link,
        )
        alert.save(update_fields=["task"])
    return alert.task


def set_alert_rules(*, rules: AlertRules, operator: Operator, now: datetime) -> None:
    """Put rules into force from the next choice on. Raises InvalidInput."""
    check_rules(rules)
    with transaction.atomic():
        ChurnAlertSettings.objects.update_or_create(
            id=1, defaults={**asdict(rules), "updated_at": now}
        )
        record_act(
            action="churn_alert.set_rules", operator=operator, now=now, details=asdict(rules)
        )


def check_rules(rules: AlertRules) -> None:
    """Raises InvalidInput for the first figure that makes no sense."""
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(rules, name) <= most:
            message = _("Choose a number from %(least)d to %(most)d.")
            raise InvalidInput(message % {"least": least, "most": most}, field=name)


def _log(action: str, alert: ChurnAlert, operator: Operator, now: datetime) -> None:
    record_act(
        action=action,
        operator=operator,
        now=now,
        subject=alert,
        details={"contact": alert.contact_id, "staff": alert.staff_id},
    )
