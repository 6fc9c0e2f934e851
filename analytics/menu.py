"""The pages this app puts into the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.views import (
    alert_backtest,
    alert_settings,
    alerts,
    board,
    definitions,
    depth,
    drill_down,
    effects,
    losses,
    quality,
    refreshes,
    reports,
    series_effects,
    sources,
    staff,
    value_settings,
)
from scrm.console.pages import Page, Section, register


class Door(Protocol):
    """A class of views, which names the permission it needs."""

    permission: str

    @classmethod
    def as_view(cls) -> Callable[..., Any]: ...


# In the menu: (name, address, view, label, icon, place).
_ENTRIES: dict[Section, tuple[tuple[str, str, type[Door], str | Promise, str, int], ...]] = {
    Section.ANALYTICS: (
        # LTV first.
        ("analytics", "analytics/", board.ValuePage, _("Customer value (LTV)"), "monitoring", 10),
        (
            "analytics-repurchase",
            "analytics/repurchase/",
            board.RepurchasePage,
            _("Repurchase"),
            "repeat",
            11,
        ),
        ("analytics-churn", "analytics/churn/", board.ChurnPage, _("Churn"), "trending_down", 12),
        (
            "analytics-flow",
            "analytics/flow/",
            board.FlowPage,
            _("Lifecycle flow"),
            "conversion_path",
            13,
        ),
        ("analytics-rfm", "analytics/rfm/", board.RfmPage, _("RFM"), "grid_on", 14),
        (
            "broadcast-effects",
            "broadcast-effects/",
            effects.EffectList,
            _("Effect of broadcasts"),
            "trending_up",
            15,
        ),
        (
            "analytics-equity",
            "analytics/equity/",
            depth.CustomerEquity,
            _("Customer equity"),
            "account_balance",
            16,
        ),
        (
            "channel-value",
            "channel-value/",
            sources.ChannelValue,
            _("Value of channels"),
            "campaign",
            16,
        ),
        (
            "analytics-leaving",
            "analytics/leaving/",
            depth.Leaving,
            _("Churn in depth"),
            "logout",
            17,
        ),
        ("staff-value", "staff-value/", staff.StaffValue, _("Value of staff"), "badge", 17),
        (
            "analytics-ladder",
            "analytics/ladder/",
            depth.ProductLadder,
            _("Product ladder"),
            "stairs",
            18,
        ),
        (
            "analytics-quality",
            "analytics/quality/",
            quality.ForecastQuality,
            _("Quality of the forecast"),
            "rule",
            20,
        ),
        ("reports", "reports/", reports.ReportList, _("Scheduled reports"), "schedule_send", 80),
        (
            "refreshes",
            "refreshes/",
            refreshes.RefreshLog,
            _("Refreshes of the figures"),
            "sync",
            88,
        ),
        (
            "analytics-definitions",
            "analytics/definitions/",
            definitions.Definitions,
            _("What the figures mean"),
            "menu_book",
            90,
        ),
    ),
    Section.CONTACTS: (
        ("losses", "losses/", losses.LossPage, _("Lost customers"), "person_remove", 50),
    ),
    Section.SERVICE: (
        (
            "churn-alerts",
            "churn-alerts/",
            alerts.AlertList,
            _("Churn alerts"),
            "notification_important",
            20,
        ),
    ),
    Section.SETTINGS: (
        (
            "value-settings",
            "value-settings/",
            value_settings.ValueSettingsPage,
            _("Value figures"),
            "percent",
            60,
        ),
    ),
}

# What is reached from those: (name, address, view).
_FURTHER: dict[Section, tuple[tuple[str, str, type[Door]], ...]] = {
    Section.ANALYTICS: (
        ("analytics-download", "analytics/<slug:dataset>.csv", board.Download),
        ("analytics-customers", "analytics/customers/", drill_down.PickedCustomers),
        ("analytics-depth-download", "analytics/depth/<slug:dataset>.csv", depth.DownloadDepth),
        (
            "analytics-quality-download",
            "analytics/quality/<slug:dataset>.csv",
            quality.DownloadQuality,
        ),
        (
            "broadcast-effects-download",
            "broadcast-effects/<slug:dataset>.csv",
            effects.DownloadEffects,
        ),
        ("broadcast-effect", "broadcasts/<int:pk>/effect/", effects.EffectReport),
        (
            "broadcast-effect-download",
            "broadcasts/<int:pk>/effect/<slug:dataset>.csv",
            effects.DownloadEffect,
        ),
        ("broadcast-effect-cost", "broadcasts/<int:pk>/effect/cost/", effects.EnterCost),
        ("series-effects", "series-effects/", series_effects.SeriesEffectList),
        (
            "series-effects-download",
            "series-effects/<slug:dataset>.csv",
            series_effects.DownloadSeriesEffects,
        ),
        ("plan-effect", "broadcast-plans/<int:pk>/effect/", series_effects.PlanEffect),
        (
            "plan-effect-download",
            "broadcast-plans/<int:pk>/effect/<slug:dataset>.csv",
            series_effects.DownloadPlanEffect,
        ),
        (
            "plan-effect-cost",
            "broadcast-plans/<int:pk>/effect/cost/",
            series_effects.EnterPlanCost,
        ),
        ("journey-effect", "journeys/<int:pk>/effect/", series_effects.JourneyEffect),
        (
            "journey-effect-download",
            "journeys/<int:pk>/effect/<slug:dataset>.csv",
            series_effects.DownloadJourneyEffect,
        ),
        (
            "journey-effect-cost",
            "journeys/<int:pk>/effect/cost/",
            series_effects.EnterJourneyCost,
        ),
        ("refreshes-download", "refreshes/<slug:dataset>.csv", refreshes.DownloadRefreshes),
        ("report-new", "reports/new/", reports.NewReport),
        ("report-preview", "reports/preview.png", reports.ReportPreview),
        ("report-figures", "report-figures/<slug:dataset>.csv", reports.DownloadKeyFigures),
        ("report", "reports/<int:pk>/", reports.ReportPage),
        ("report-edit", "reports/<int:pk>/edit/", reports.EditReport),
        ("report-send", "reports/<int:pk>/send/", reports.SendReport),
        ("report-pause", "reports/<int:pk>/pause/", reports.PauseReport),
        ("report-resume", "reports/<int:pk>/resume/", reports.ResumeReport),
        ("report-remove", "reports/<int:pk>/remove/", reports.RemoveReport),
        ("report-file", "report-files/<int:pk>/", reports.ReportFileDownload),
        ("report-rest", "report-sendings/<int:pk>/rest/", reports.SendRest),
        ("source-value", "channel-value/source/", sources.SourceValue),
        (
            "channel-value-download",
            "channel-value/<slug:dataset>.csv",
            sources.DownloadChannelValue,
        ),
        ("staff-value-download", "staff-value/<slug:dataset>.csv", staff.DownloadStaffValue),
        ("staff-value-one", "staff-value/<int:pk>/", staff.OneStaffValue),
        (
            "staff-value-one-download",
            "staff-value/<int:pk>/<slug:dataset>.csv",
            staff.DownloadOneStaffValue,
        ),
    ),
    Section.CONTACTS: (
        ("losses-download", "losses/<slug:dataset>.csv", losses.DownloadChart),
        ("losses-export", "losses/export/", losses.ExportLosses),
    ),
    Section.SERVICE: (
        ("churn-alert-done", "churn-alerts/<int:pk>/done/", alerts.AlertDone),
        ("churn-alert-dismiss", "churn-alerts/<int:pk>/dismiss/", alerts.DismissAlert),
        ("churn-alert-task", "churn-alerts/<int:pk>/task/", alerts.AlertTask),
        ("churn-alerts-export", "churn-alerts/export/", alerts.ExportAlerts),
        ("churn-alerts-choose", "churn-alerts/choose/", alerts.ChooseAlerts),
        ("churn-alert-settings", "churn-alerts/settings/", alert_settings.AlertSettingsPage),
        ("churn-alert-preview", "churn-alerts/settings/preview/", alert_settings.PreviewAlerts),
        ("churn-alert-test", "churn-alerts/backtest/", alert_backtest.AlertBacktest),
        ("churn-alert-test-start", "churn-alerts/backtest/start/", alert_backtest.StartBacktest),
        (
            "churn-alert-test-progress",
            "churn-alerts/backtest/progress/",
            alert_backtest.BacktestProgress,
        ),
        (
            "churn-alert-test-download",
            "churn-alerts/backtest/<slug:dataset>.csv",
            alert_backtest.DownloadBacktest,
        ),
    ),
}


def register_pages() -> None:
    """Called once, from `AnalyticsConfig.ready()`."""
    for section, entries in _ENTRIES.items():
        for name, path, view, label, icon, order in entries:
            shown = Page(name, path, view.as_view(), section, view.permission, label, icon, order)
            register(shown)
    for section, addresses in _FURTHER.items():
        for name, path, view in addresses:
            register(Page(name, path, view.as_view(), section, view.permission))
