"""The menu entry and the addresses of tokens of the REST API."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from scrm.console import token_views as views
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="api-tokens",
            path="api-tokens/",
            view=views.TokenList.as_view(),
            section=Section.SETTINGS,
            permission=views.MAY_LOOK,
            label=_("API tokens"),
            icon="key",
            order=12,
        )
    )
    for name, path, view, permission in (
        ("api-token-new", "api-tokens/new/", views.NewToken, views.MAY_ADD),
        ("api-token-end", "api-tokens/<int:pk>/end/", views.EndToken, views.MAY_DELETE),
    ):
        register(Page(name, path, view.as_view(), Section.SETTINGS, permission))
