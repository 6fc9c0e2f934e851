"""Where the lists of groups and the page of one stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from groups.views import changes, duplicates, group, group_list
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    for order, name, path, view, label, icon in (
        (10, "groups", "groups/", group_list.GroupListPage, _("Group list"), "forum"),
        (
            30,
            "group-quiet",
            "groups/quiet/",
            group_list.QuietListPage,
            _("Quiet groups"),
            "bedtime",
        ),
        (
            40,
            "group-duplicates",
            "groups/duplicates/",
            duplicates.DuplicatesPage,
            _("In several groups"),
            "group_off",
        ),
        (50, "group-changes", "groups/changes/", changes.ChangesPage, _("Changes"), "history"),
    ):
        register(
            Page(
                name,
                path,
                view.as_view(),
                Section.GROUPS,
                view.permission,
                label=label,
                icon=icon,
                order=order,
            )
        )
    for name, path, hidden in (
        ("group", "groups/<int:pk>/", group.GroupPage),
        ("group-days", "groups/<int:pk>/days.csv", group.DownloadMoves),
        ("group-export", "groups/export/", group_list.ExportGroups),
        ("group-quiet-export", "groups/quiet/export/", group_list.ExportQuietGroups),
        ("group-duplicates-export", "groups/duplicates/export/", duplicates.ExportDuplicates),
    ):
        register(Page(name, path, hidden.as_view(), Section.GROUPS, hidden.permission))
