"""Where group codes stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from groups.views import join_way
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="join-ways",
            path="join-ways/",
            view=join_way.JoinWayList.as_view(),
            section=Section.ACQUIRE,
            permission=join_way.MAY_LOOK,
            label=_("Group codes"),
            icon="qr_code",
            order=20,
        )
    )
    for name, path, view in (
        ("join-way-new", "join-ways/new/", join_way.NewJoinWay),
        ("joinway", "join-ways/<int:pk>/", join_way.JoinWayPage),
        ("join-way-edit", "join-ways/<int:pk>/edit/", join_way.EditJoinWay),
        ("join-way-act", "join-ways/<int:pk>/act/", join_way.JoinWayAct),
        ("join-way-delete", "join-ways/<int:pk>/delete/", join_way.DeleteJoinWay),
        ("join-way-picture", "join-ways/<int:pk>/picture/", join_way.JoinWayPicture),
    ):
        register(Page(name, path, view.as_view(), Section.ACQUIRE, view.permission))
