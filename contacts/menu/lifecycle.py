"""The pages of the lifecycle and of loss alerts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import lifecycle as views
from contacts.views import loss_alerts
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="lifecycle",
            path="lifecycle/",
            view=views.LifecyclePage.as_view(),
            section=Section.CONTACTS,
            permission=views.MAY_LOOK,
            label=_("Lifecycle"),
            icon="cycle",
            order=40,
        )
    )
    for name, path, view in (
        ("lifecycle-thresholds", "lifecycle/thresholds/", views.SetThresholds),
        ("lifecycle-download", "lifecycle/<slug:dataset>.csv", views.DownloadFlow),
        ("stage-log", "lifecycle/log/", views.MoveLog),
        ("stage-log-export", "lifecycle/log/export/", views.ExportMoves),
        ("loss-alerts", "losses/alerts/", loss_alerts.LossAlertPage),
    ):
        register(Page(name, path, view.as_view(), Section.CONTACTS, view.permission))
