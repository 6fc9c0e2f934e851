"""The rules churn alerts are chosen by."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.metrics.unfriend_hazard import Cell, Hazards, hazards
from analytics.models import ChurnAlertRun, ChurnAlertSettings


@dataclass(frozen=True)
class AlertRules:
    """What an operator may set: alerts per staff member a day, days without another alert after
    one was closed, days one stays open, the least expected loss (fen), whether staff are told.
    """

    budget: int
    rest_days: int
    open_days: int
    least_loss_fen: int
    tells_staff: bool


def alert_settings() -> ChurnAlertSettings:
    """The one row, or the defaults while nobody has changed anything."""
    return ChurnAlertSettings.objects.filter(pk=1).first() or ChurnAlertSettings()


def alert_rules() -> AlertRules:
    row = alert_settings()
    return AlertRules(row.budget, row.rest_days, row.open_days, row.least_loss_fen, row.tells_staff)


def last_choice() -> ChurnAlertRun | None:
    return ChurnAlertRun.objects.first()


def hazards_of(run: ChurnAlertRun) -> Hazards:
    """The chances of unfriending that a choice was made with."""
    return hazards([Cell(*cell) for cell in run.hazards])
