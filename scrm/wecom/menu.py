"""Console pages of this app, their menu entries and cards."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from scrm.console.cards import Asked, Card, Place
from scrm.console.cards import register as register_card
from scrm.console.pages import Page, Section, register
from scrm.wecom import doctor_views, limit_menu, notice_views, views
from scrm.wecom.limit_selectors import held_count
from scrm.wecom.notice_selectors import balance_notice
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
    register(
        Page(
            name="corp-notices",
            path="wecom-notices/",
            view=notice_views.CorpNoticeList.as_view(),
            section=Section.SETTINGS,
            permission=log,
            label=_("Notices of WeCom"),
            icon="campaign",
            order=45,
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
    register(
        Page(
            name="check-up",
            path="check-up/",
            view=doctor_views.CheckUpPage.as_view(),
            section=Section.SETTINGS,
            permission=doctor_views.MAY_RUN,
            label=_("WeCom set-up and check"),
            icon="health_and_safety",
            order=10,
        )
    )
    register(
        Page(
            "check-up-run",
            "check-up/run/",
            doctor_views.RunCheckUp.as_view(),
            Section.SETTINGS,
            doctor_views.MAY_RUN,
        )
    )
    limit_menu.register_pages()
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
    return {
        "health": health(now=asked.now),
        "balance": balance_notice(),
        "held": held_count(now=asked.now),
    }
