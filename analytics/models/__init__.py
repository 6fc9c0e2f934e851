from analytics.models.acquisition import Acquisition, RelationEnd, SourceAge, SourceDay
from analytics.models.broadcast_effect import BroadcastCost, BroadcastEffect, StandingEffect
from analytics.models.churn_alert import (
    ALERT_NOTE_CHARS,
    ChurnAlert,
    ChurnAlertRun,
    ChurnAlertSettings,
    ChurnAlertTest,
)
from analytics.models.contact_metrics import ContactMetrics
from analytics.models.customer_month import CustomerMonth
from analytics.models.kept_answer import KeptAnswer
from analytics.models.metrics_run import MetricsRun
from analytics.models.model_fit import ModelFit
from analytics.models.night_figure import NightFigure
from analytics.models.report import (
    ReportFile,
    ReportMessage,
    ReportPlan,
    ReportSegment,
    ReportSending,
)
from analytics.models.rfm_cuts import RfmCuts
from analytics.models.series_effect import SeriesCost, SeriesEffect
from analytics.models.staff_value import StaffExpectation, StaffValueDay, StaffValueMonth, ValueRun
from analytics.models.stale_customer import StaleCustomer
from analytics.models.value_settings import ValueSettings

__all__ = [
    "ALERT_NOTE_CHARS",
    "Acquisition",
    "BroadcastCost",
    "BroadcastEffect",
    "ChurnAlert",
    "ChurnAlertRun",
    "ChurnAlertSettings",
    "ChurnAlertTest",
    "ContactMetrics",
    "CustomerMonth",
    "KeptAnswer",
    "MetricsRun",
    "ModelFit",
    "NightFigure",
    "RelationEnd",
    "ReportFile",
    "ReportMessage",
    "ReportPlan",
    "ReportSegment",
    "ReportSending",
    "RfmCuts",
    "SeriesCost",
    "SeriesEffect",
    "SourceAge",
    "SourceDay",
    "StaffExpectation",
    "StaffValueDay",
    "StaffValueMonth",
    "StaleCustomer",
    "StandingEffect",
    "ValueRun",
    "ValueSettings",
]
