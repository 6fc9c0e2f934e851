"""The pages and cards this app puts into the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import (
    broadcast_page,
    cards,
    composer,
    dry_runs,
    recipient_list,
    welcome_pages,
)
from broadcasts.views.broadcast_list import BroadcastListPage
from broadcasts.views.reach_policy import ReachPolicyPage
from broadcasts.views.welcome_list import WelcomeListPage
from broadcasts.views.welcome_log import WelcomeLogPage
from scrm.console.cards import Card, Place
from scrm.console.cards import register as register_card
from scrm.console.pages import Page, Section, register
from scrm.console.views import ConsoleAction, ConsolePage

_ACTS = {
    "schedule": broadcast_page.Schedule,
    "stop": broadcast_page.Stop,
    "remind": broadcast_page.Remind,
    "refresh": broadcast_page.Refresh,
    "copy": broadcast_page.Copy,
    "delete": broadcast_page.Delete,
}


def register_pages() -> None:
    """Called once, from `BroadcastsConfig.ready()`."""
    pages: tuple[tuple[str, str, type[ConsolePage | ConsoleAction]], ...] = (
        ("broadcast-new", "new/", composer.Composer),
        ("broadcast-segment-size", "segment-size/", composer.SegmentSize),
        ("broadcast", "<int:pk>/", broadcast_page.BroadcastPage),
        ("broadcast-edit", "<int:pk>/edit/", composer.Editor),
        ("broadcast-dry-run", "<int:pk>/dry-run/", dry_runs.DryRunPage),
        ("broadcast-dry-run-customers", "<int:pk>/dry-run/<str:reason>/", dry_runs.DryRunCustomers),
        ("broadcast-progress", "<int:pk>/progress/", broadcast_page.BroadcastProgress),
        ("broadcast-recipients", "<int:pk>/recipients/", recipient_list.RecipientListPage),
        ("broadcast-export", "<int:pk>/recipients/export/", recipient_list.ExportRecipients),
        *((f"broadcast-{act}", f"<int:pk>/{act}/", view) for act, view in _ACTS.items()),
    )
    for name, path, view in pages:
        register(
            Page(
                name=name,
                path=f"broadcasts/{path}",
                view=view.as_view(),
                section=Section.BROADCASTS,
                permission=view.permission,
            )
        )
    _register_welcomes()
    _register_menu()
    _register_cards()


def _register_welcomes() -> None:
    pages: tuple[tuple[str, str, type[ConsolePage | ConsoleAction]], ...] = (
        ("welcome-new", "new/", welcome_pages.NewWelcome),
        ("welcome-log", "log/", WelcomeLogPage),
        ("welcome", "<int:pk>/", welcome_pages.WelcomePage),
        ("welcome-edit", "<int:pk>/edit/", welcome_pages.EditWelcome),
        ("welcome-activate", "<int:pk>/activate/", welcome_pages.Activate),
        ("welcome-deactivate", "<int:pk>/deactivate/", welcome_pages.Deactivate),
        ("welcome-delete", "<int:pk>/delete/", welcome_pages.Delete),
    )
    for name, path, view in pages:
        register(
            Page(
                name=name,
                path=f"welcomes/{path}",
                view=view.as_view(),
                section=Section.BROADCASTS,
                permission=view.permission,
            )
        )
    register(
        Page(
            name="welcome-list",
            path="welcomes/",
            view=WelcomeListPage.as_view(),
            section=Section.BROADCASTS,
            permission=WelcomeListPage.permission,
            label=_("Welcomes"),
            icon="waving_hand",
            order=40,
        )
    )


def _register_menu() -> None:
    register(
        Page(
            name="broadcast-list",
            path="broadcasts/",
            view=BroadcastListPage.as_view(),
            section=Section.BROADCASTS,
            permission=BroadcastListPage.permission,
            label=_("Broadcasts"),
            icon="campaign",
            order=10,
        )
    )
    register(
        Page(
            name="reach-policy",
            path="reach/policy/",
            view=ReachPolicyPage.as_view(),
            section=Section.BROADCASTS,
            permission=ReachPolicyPage.permission,
            label=_("Reach policy"),
            icon="shield_person",
            order=90,
        )
    )


def _register_cards() -> None:
    register_card(
        Card(
            name="channel-welcome",
            place=Place.CHANNEL,
            template="broadcasts/channel_welcome_card.html",
            data=cards.channel_welcome_card,
            order=10,
            title=_("Welcome"),
            permission="broadcasts.view_welcome",
        )
    )
    register_card(
        Card(
            name="broadcasts",
            place=Place.HOME,
            template="broadcasts/home_card.html",
            data=cards.broadcasts_card,
            title=_("Broadcasts"),
            order=75,
            permission="broadcasts.view_broadcast",
            span=6,
        )
    )
    register_card(
        Card(
            name="touches",
            place=Place.CONTACT,
            template="broadcasts/touches_card.html",
            data=cards.touches_card,
            title=_("Touches"),
            order=50,
            permission="contacts.view_contact",
            span=12,
        )
    )
