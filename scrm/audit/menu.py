"""The console page of the operation log."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from scrm.audit.views import OperationLogPage
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="operations",
            path="operations/",
            view=OperationLogPage.as_view(),
            section=Section.SETTINGS,
            permission=OperationLogPage.permission,
            label=_("Operation log"),
            icon="history",
            order=90,
        )
    )
