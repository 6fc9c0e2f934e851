"""The pages this app puts into the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.selectors import report_plans
from analytics.selectors.scope import PERMISSION
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
    sources,
    staff,
    value_settings,
)
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    """Called once, from `AnalyticsConfig.ready()`."""
    for page in (
        Page(
            name="analytics-quality",
            path="analytics/quality/",
            view=quality.ForecastQuality.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("Quality of the forecast"),
            icon="rule",
            order=20,
        ),
        Page(
            name="broadcast-effects",
            path="broadcast-effects/",
            view=effects.EffectList.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("Effect of broadcasts"),
            icon="trending_up",
            order=15,
        ),
        Page(
            name="broadcast-effects-download",
            path="broadcast-effects/<slug:dataset>.csv",
            view=effects.DownloadEffects.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
        Page(
            name="broadcast-effect",
            path="broadcasts/<int:pk>/effect/",
            view=effects.EffectReport.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
        Page(
            name="broadcast-effect-download",
            path="broadcasts/<int:pk>/effect/<slug:dataset>.csv",
            view=effects.DownloadEffect.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
        Page(
            name="broadcast-effect-cost",
            path="broadcasts/<int:pk>/effect/cost/",
            view=effects.EnterCost.as_view(),
            section=Section.ANALYTICS,
            permission=effects.MAY_ENTER_COST,
        ),
        Page(
            name="analytics-definitions",
            path="analytics/definitions/",
            view=definitions.Definitions.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("What the figures mean"),
            icon="menu_book",
            order=90,
        ),
        Page(
            name="analytics-download",
            path="analytics/<slug:dataset>.csv",
            view=board.Download.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
        Page(
            name="losses",
            path="losses/",
            view=losses.LossPage.as_view(),
            section=Section.CONTACTS,
            permission=losses.MAY_LOOK,
            label=_("Lost customers"),
            icon="person_remove",
            order=50,
        ),
        Page(
            name="losses-download",
            path="losses/<slug:dataset>.csv",
            view=losses.DownloadChart.as_view(),
            section=Section.CONTACTS,
            permission=losses.MAY_LOOK,
        ),
        Page(
            name="losses-export",
            path="losses/export/",
            view=losses.ExportLosses.as_view(),
            section=Section.CONTACTS,
            permission=losses.ExportLosses.permission,
        ),
    ):
        register(page)
    _register_alerts()
    _register_boards()
    _register_depth()
    _register_refreshes()
    _register_reports()
    _register_channels_and_staff()


def _register_boards() -> None:
    """Value, repurchase, churn, flow, RFM: each a menu entry, LTV first."""
    for name, path, view, label, icon, order in (
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
    ):
        register(
            Page(
                name=name,
                path=path,
                view=view.as_view(),
                section=Section.ANALYTICS,
                permission=PERMISSION,
                label=label,
                icon=icon,
                order=order,
            )
        )
    register(
        Page(
            name="analytics-customers",
            path="analytics/customers/",
            view=drill_down.PickedCustomers.as_view(),
            section=Section.ANALYTICS,
            permission=drill_down.MAY_LOOK,
        )
    )


def _register_depth() -> None:
    """What is worked out at night, and the files behind it."""
    for name, path, view, label, icon, order in (
        (
            "analytics-equity",
            "analytics/equity/",
            depth.CustomerEquity,
            _("Customer equity"),
            "account_balance",
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
        (
            "analytics-ladder",
            "analytics/ladder/",
            depth.ProductLadder,
            _("Product ladder"),
            "stairs",
            18,
        ),
    ):
        register(
            Page(
                name=name,
                path=path,
                view=view.as_view(),
                section=Section.ANALYTICS,
                permission=PERMISSION,
                label=label,
                icon=icon,
                order=order,
            )
        )
    for name, path, download in (
        ("analytics-depth-download", "analytics/depth/<slug:dataset>.csv", depth.DownloadDepth),
        (
            "analytics-quality-download",
            "analytics/quality/<slug:dataset>.csv",
            quality.DownloadQuality,
        ),
    ):
        register(Page(name, path, download.as_view(), Section.ANALYTICS, PERMISSION))


def _register_refreshes() -> None:
    """How current the figures are."""
    register(
        Page(
            name="refreshes",
            path="refreshes/",
            view=refreshes.RefreshLog.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("Refreshes of the figures"),
            icon="sync",
            order=88,
        )
    )
    register(
        Page(
            name="refreshes-download",
            path="refreshes/<slug:dataset>.csv",
            view=refreshes.DownloadRefreshes.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        )
    )


def _register_reports() -> None:
    """Reports that are sent by the clock; one has a menu entry, the others an address."""
    register(
        Page(
            name="reports",
            path="reports/",
            view=reports.ReportList.as_view(),
            section=Section.ANALYTICS,
            permission=report_plans.MAY_LOOK,
            label=_("Scheduled reports"),
            icon="schedule_send",
            order=80,
        )
    )
    for name, path, view, permission in (
        ("report-new", "reports/new/", reports.NewReport, report_plans.MAY_ADD),
        ("report-preview", "reports/preview.png", reports.ReportPreview, report_plans.MAY_ADD),
        (
            "report-figures",
            "report-figures/<slug:dataset>.csv",
            reports.DownloadKeyFigures,
            PERMISSION,
        ),
        ("report", "reports/<int:pk>/", reports.ReportPage, report_plans.MAY_LOOK),
        ("report-edit", "reports/<int:pk>/edit/", reports.EditReport, report_plans.MAY_CHANGE),
        ("report-send", "reports/<int:pk>/send/", reports.SendReport, report_plans.MAY_CHANGE),
        ("report-pause", "reports/<int:pk>/pause/", reports.PauseReport, report_plans.MAY_CHANGE),
        (
            "report-resume",
            "reports/<int:pk>/resume/",
            reports.ResumeReport,
            report_plans.MAY_CHANGE,
        ),
        (
            "report-remove",
            "reports/<int:pk>/remove/",
            reports.RemoveReport,
            report_plans.MAY_CHANGE,
        ),
        (
            "report-file",
            "report-files/<int:pk>/",
            reports.ReportFileDownload,
            report_plans.MAY_LOOK,
        ),
    ):
        register(Page(name, path, view.as_view(), Section.ANALYTICS, permission))


def _register_channels_and_staff() -> None:
    """Where money spent on winning customers comes back, and what each staff member adds."""
    for name, path, view, section, label, icon, order in (
        (
            "channel-value",
            "channel-value/",
            sources.ChannelValue,
            Section.ANALYTICS,
            _("Value of channels"),
            "campaign",
            16,
        ),
        (
            "staff-value",
            "staff-value/",
            staff.StaffValue,
            Section.ANALYTICS,
            _("Value of staff"),
            "badge",
            17,
        ),
        (
            "value-settings",
            "value-settings/",
            value_settings.ValueSettingsPage,
            Section.SETTINGS,
            _("Value figures"),
            "percent",
            60,
        ),
    ):
        register(
            Page(
                name=name,
                path=path,
                view=view.as_view(),
                section=section,
                permission=view.permission,
                label=label,
                icon=icon,
                order=order,
            )
        )
    for name, path, further in (
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
    ):
        register(Page(name, path, further.as_view(), Section.ANALYTICS, PERMISSION))


def _register_alerts() -> None:
    """Churn alerts: the list has a menu entry among risks, what belongs to it an address."""
    register(
        Page(
            name="churn-alerts",
            path="churn-alerts/",
            view=alerts.AlertList.as_view(),
            section=Section.SERVICE,
            permission=alerts.MAY_LOOK,
            label=_("Churn alerts"),
            icon="notification_important",
            order=20,
        )
    )
    for name, path, view in (
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
    ):
        register(Page(name, path, view.as_view(), Section.SERVICE, view.permission))
