"""The menu entry and the addresses of share links."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from scrm.console import share_views as views
from scrm.console.pages import Page, Section, register
from scrm.console.shared_state import MAY_SHARE


def register_pages() -> None:
    register(
        Page(
            name="shares",
            path="shares/",
            view=views.ShareList.as_view(),
            section=Section.ANALYTICS,
            permission=views.MAY_OPEN,
            label=_("Share links"),
            icon="link",
            order=85,
        )
    )
    for name, path, view, permission in (
        ("share-new", "shares/new/", views.NewShare, MAY_SHARE),
        ("share-revoke", "shares/<int:pk>/revoke/", views.RevokeShare, views.MAY_REVOKE),
        ("share", "s/<slug:code>/", views.OpenShare, views.MAY_OPEN),
    ):
        register(Page(name, path, view.as_view(), Section.ANALYTICS, permission))
