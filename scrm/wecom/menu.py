"""Console pages of this app, their menu entries and cards."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from scrm.console.cards import Asked, Card, Place
from scrm.console.cards import register as register_card
from scrm.console.pages import Page, Section, register
from scrm.wecom import views
from scrm.wecom.selectors import health


def register_pages() -> None:
    log = "wecom.view_callbackevent"
    register(
        Page(
            name="callbacks",
            path="callbacks/",
            view=views.CallbackListPage.as_view(),
            section=Section.SETTINGS,
            permission=log,
            label=_("Callback log"),
            icon="webhook",
            order=40,
        )
    )
    for name, path, view, permission in (
        ("callback", "callbacks/<int:pk>/", views.CallbackPage, log),
        (
            "callback-replay",
            "callbacks/<int:pk>/replay/",
            views.ReplayCallback,
            views.MAY_REPLAY,
        ),
        ("callback-replay-all", "callbacks/replay/", views.ReplayCallbacks, views.MAY_REPLAY),
    ):
        register(Page(name, path, view.as_view(), Section.SETTINGS, permission))
    register_card(
        Card(
            name="wecom-health",
            place=Place.HOME,
            template="console/health_card.html",
            data=_health,
            order=80,
            title=_("Connection to WeCom"),
            permission="wecom.view_syncrun",
            span=6,
        )
    )


def _health(asked: Asked) -> dict[str, object]:
    return {"health": health(now=asked.now)}
