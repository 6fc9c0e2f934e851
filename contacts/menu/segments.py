"""Where the pages of segments stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import segments as views
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="segment-list",
            path="segments/",
            view=views.SegmentList.as_view(),
            section=Section.CONTACTS,
            permission="contacts.view_segment",
            label=_("Segments"),
            icon="filter_alt",
            order=30,
        )
    )
    for name, path, view in (
        ("segment-new", "segments/new/", views.SegmentForm),
        ("segment-preview", "segments/preview/", views.SegmentPreview),
        ("segment-choices", "segments/choices/", views.SegmentChoices),
        ("segment", "segments/<int:pk>/", views.SegmentDetail),
        ("segment-edit", "segments/<int:pk>/edit/", views.SegmentForm),
        ("segment-archive", "segments/<int:pk>/archive/", views.SegmentArchive),
        ("segment-recount", "segments/<int:pk>/recount/", views.SegmentRecount),
    ):
        register(Page(name, path, view.as_view(), Section.CONTACTS, view.permission))
