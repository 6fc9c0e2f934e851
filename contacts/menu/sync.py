"""The pages of the sync log."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import sync
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="sync",
            path="sync/",
            view=sync.SyncPage.as_view(),
            section=Section.SETTINGS,
            permission=sync.MAY_LOOK,
            label=_("Sync log"),
            icon="sync",
            order=30,
        )
    )
    for name, path, view in (
        ("sync-progress", "sync/progress/", sync.SyncProgress),
        ("sync-run", "sync/<int:pk>/", sync.SyncRunPage),
        ("sync-gaps", "sync/gaps/", sync.SyncGapsPage),
        ("sync-start", "sync/start/", sync.StartSync),
        ("sync-cancel", "sync/<int:pk>/cancel/", sync.CancelSync),
    ):
        register(Page(name, path, view.as_view(), Section.SETTINGS, view.permission))
