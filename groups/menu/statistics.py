"""Where the statistics of groups stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from groups.views import statistics as views
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="group-statistics",
            path="groups/statistics/",
            view=views.StatisticsPage.as_view(),
            section=Section.GROUPS,
            permission=views.MAY_LOOK,
            label=_("Group statistics"),
            icon="monitoring",
            order=20,
        )
    )
    for name, path, view in (
        ("group-statistics-read", "groups/statistics/read/", views.ReadFigures),
        (
            "group-statistics-download",
            "groups/statistics/<slug:dataset>.csv",
            views.DownloadStatistics,
        ),
    ):
        register(Page(name, path, view.as_view(), Section.GROUPS, view.permission))
