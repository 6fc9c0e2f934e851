"""Churn alerts as lists and cards show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import Count, QuerySet, Sum

from analytics.models import ChurnAlert
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator
from scrm.console.paging import Sort

BY_LOSS = "loss"
SORTS: Mapping[str, Sort] = MappingProxyType(
    {BY_LOSS: Sort("loss_fen"), "value": Sort("value_fen"), "newest": Sort("made_at")}
)


@dataclass(frozen=True)
class AlertsWanted:
    """What a list was asked for; an empty value asks for nothing."""

    state: str = ""
    staff_id: int | None = None
    kind: str = ""
    reason: str = ""
    action: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class OpenAlerts:
    """The open alerts of an operator's customers, the most valuable first."""

    number: int
    loss_fen: int
    first: list[ChurnAlert]


def visible_alerts(operator: Operator) -> QuerySet[ChurnAlert]:
    """The alerts of the staff whose customers the operator may see."""
    alerts = ChurnAlert.objects.select_related("contact", "staff", "closed_by", "task")
    if operator.sees_everything:
        return alerts
    return alerts.filter(staff__in=visible_staff(operator))


def matching_alerts(alerts: QuerySet[ChurnAlert], wanted: AlertsWanted) -> QuerySet[ChurnAlert]:
    """The alerts that fit."""
    for path, value in (
        ("state", wanted.state),
        ("staff", wanted.staff_id),
        ("kind", wanted.kind),
        ("action", wanted.action),
        ("outcome", wanted.outcome),
    ):
        if value:
            alerts = alerts.filter(**{path: value})
    if wanted.reason:
        alerts = alerts.filter(reasons__contains=[{"reason": wanted.reason}])
    return alerts


def open_alerts(operator: Operator, *, shown: int) -> OpenAlerts:
    """Two queries."""
    waiting = visible_alerts(operator).filter(state=ChurnAlert.State.OPEN)
    counted = waiting.order_by().aggregate(number=Count("pk"), loss=Sum("loss_fen", default=0))
    first = list(waiting.order_by("-loss_fen", "-pk")[:shown]) if counted["number"] else []
    return OpenAlerts(counted["number"], int(counted["loss"]), first)
