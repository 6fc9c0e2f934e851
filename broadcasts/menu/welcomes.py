"""The pages of welcomes (欢迎语): list, form and ledger."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import welcome_pages
from broadcasts.views.welcome_list import WelcomeListPage
from broadcasts.views.welcome_log import WelcomeLogPage
from scrm.console.pages import Page, Section, register
from scrm.console.views import ConsoleAction, ConsolePage


def register_pages() -> None:
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
