"""Where the pages of segments stand in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import segment_acts as acts
from contacts.views import segment_builder as builder
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
        ("segment-preview", "segments/preview/", builder.SegmentPreview),
        ("segment-choices", "segments/choices/", builder.SegmentChoices),
        ("segment", "segments/<int:pk>/", views.SegmentDetail),
        ("segment-edit", "segments/<int:pk>/edit/", views.SegmentForm),
        ("segment-archive", "segments/<int:pk>/archive/", acts.SegmentArchive),
        ("segment-recount", "segments/<int:pk>/recount/", acts.SegmentRecount),
        ("segment-versions", "segments/<int:pk>/versions/", views.SegmentVersions),
        ("segment-restore", "segments/<int:pk>/restore/", acts.SegmentRestore),
        ("segment-freeze", "segments/<int:pk>/freeze/", acts.SegmentFreeze),
        ("segment-refreeze", "segments/<int:pk>/refreeze/", acts.SegmentRefreeze),
    ):
        register(Page(name, path, view.as_view(), Section.CONTACTS, view.permission))
