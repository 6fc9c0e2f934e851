"""The pages of outgoing webhooks (开放接口推送)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import webhooks
from scrm.console.cards import Card, Place
from scrm.console.cards import register as register_card
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="webhooks",
            path="webhooks/",
            view=webhooks.WebhookList.as_view(),
            section=Section.SETTINGS,
            permission=webhooks.MAY_LOOK,
            label=_("Webhooks"),
            icon="webhook",
            order=40,
        )
    )
    for name, path, view in (
        ("webhook-new", "webhooks/new/", webhooks.NewWebhook),
        ("webhook", "webhooks/<int:pk>/", webhooks.WebhookPage),
        ("webhook-edit", "webhooks/<int:pk>/edit/", webhooks.EditWebhook),
        ("webhook-test", "webhooks/<int:pk>/test/", webhooks.TestWebhook),
        ("webhook-secret", "webhooks/<int:pk>/secret/", webhooks.RenewSecret),
        ("webhook-switch", "webhooks/<int:pk>/switch/", webhooks.SwitchWebhook),
        ("webhook-replay", "webhooks/<int:pk>/replay/", webhooks.ReplayWebhook),
        ("webhook-delete", "webhooks/<int:pk>/delete/", webhooks.DeleteWebhook),
    ):
        register(Page(name, path, view.as_view(), Section.SETTINGS, view.permission))
    register_card(
        Card(
            name="webhooks-off",
            place=Place.HOME,
            template="broadcasts/webhooks_off_card.html",
            data=webhooks.switched_off_card,
            order=3,
            title=_("Webhooks"),
            permission=webhooks.MAY_LOOK,
            span=12,
        )
    )
