"""Where welcomes of groups stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import group_welcomes as views
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="group-welcomes",
            path="group-welcomes/",
            view=views.GroupWelcomeList.as_view(),
            section=Section.GROUPS,
            permission=views.MAY_LOOK,
            label=_("Group welcomes"),
            icon="waving_hand",
            order=65,
        )
    )
    for name, path, view in (
        ("group-welcome-new", "group-welcomes/new/", views.NewGroupWelcome),
        ("groupwelcome", "group-welcomes/<int:pk>/", views.EditGroupWelcome),
        ("group-welcome-retry", "group-welcomes/<int:pk>/retry/", views.RetryGroupWelcome),
        ("group-welcome-delete", "group-welcomes/<int:pk>/delete/", views.DeleteGroupWelcome),
    ):
        register(Page(name, path, view.as_view(), Section.GROUPS, view.permission))
