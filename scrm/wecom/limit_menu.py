"""The menu entry and the addresses of limits and usage."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from scrm.console.pages import Page, Section, register
from scrm.wecom import limit_views as views


def register_pages() -> None:
    register(
        Page(
            name="limits",
            path="limits/",
            view=views.LimitsPage.as_view(),
            section=Section.SETTINGS,
            permission=views.MAY_LOOK,
            label=_("Limits and usage"),
            icon="speed",
            order=42,
        )
    )
    for name, path, view, permission in (
        ("limits-now", "limits/now/", views.LimitsNowPart, views.MAY_LOOK),
        ("limits-call-again", "limits/call-again/", views.CallAgain, views.MAY_OPEN),
    ):
        register(Page(name, path, view.as_view(), Section.SETTINGS, permission))
