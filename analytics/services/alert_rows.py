"""The rows of chosen alerts, each with its reasons and its one action."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from analytics.metrics.churn_actions import action_for
from analytics.metrics.churn_reasons import Found, reasons
from analytics.models import ChurnAlert, ChurnAlertRun
from analytics.selectors.alert_signs import signs_of
from analytics.services.alert_stages import CHOSEN

# An alert names the heaviest reasons only; nobody acts on ten.
TOP_REASONS = 3


def rows_of_chosen(run: ChurnAlertRun, *, now: datetime) -> list[ChurnAlert]:
    """From the temporary tables of the choice; nothing is saved. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN)
        chosen = cursor.fetchall()
    known = signs_of([row[0] for row in chosen], silent_days=run.silent_days, now=now)
    alerts = []
    for contact_id, staff_id, kind, risk, at_stake, loss in chosen:
        signs, loss_fen = known[contact_id], round(loss)
        alerts.append(
            ChurnAlert(
                run=run,
                contact_id=contact_id,
                staff_id=staff_id,
                day=run.day,
                made_at=now,
                kind=kind,
                risk=risk,
                value_fen=round(at_stake),
                loss_fen=loss_fen,
                reasons=[_kept(found) for found in reasons(signs)[:TOP_REASONS]],
                action=action_for(signs, loss_fen=loss_fen),
            )
        )
    return alerts


def _kept(found: Found) -> dict[str, Any]:
    return {"reason": found.reason.value, "numbers": dict(found.numbers)}
