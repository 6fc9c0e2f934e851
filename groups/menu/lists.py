"""Where the list of groups and the page of one stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from groups.views.group import GroupPage
from groups.views.group_list import GroupListPage
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="groups",
            path="groups/",
            view=GroupListPage.as_view(),
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
            view=GroupPage.as_view(),
            section=Section.GROUPS,
            permission="groups.view_groupchat",
        )
    )
