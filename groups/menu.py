"""Console pages of this app and their menu entries."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from groups import views
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="groups",
            path="groups/",
            view=views.GroupListPage.as_view(),
            section=Section.GROUPS,
            permission="groups.view_groupchat",
            label=_("Group list"),
            icon="forum",
            order=10,
        )
    )
    register(
        Page(
            name="group",
            path="groups/<int:pk>/",
            view=views.GroupPage.as_view(),
            section=Section.GROUPS,
            permission="groups.view_groupchat",
        )
    )
