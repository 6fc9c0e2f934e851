"""The pages of broadcasts (群发): list, composer, dry run, progress and recipients."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.views import broadcast_page, composer, dry_runs, recipient_list
from broadcasts.views.broadcast_list import BroadcastListPage
from scrm.console.pages import Page, Section, register
from scrm.console.views import ConsoleAction, ConsolePage

_ACTS = {
    "schedule": broadcast_page.Schedule,
    "stop": broadcast_page.Stop,
    "remind": broadcast_page.Remind,
    "refresh": broadcast_page.Refresh,
    "copy": broadcast_page.Copy,
    "delete": broadcast_page.Delete,
}


def register_pages() -> None:
    pages: tuple[tuple[str, str, type[ConsolePage | ConsoleAction]], ...] = (
        ("broadcast-new", "new/", composer.Composer),
        ("broadcast-segment-size", "segment-size/", composer.SegmentSize),
        ("broadcast", "<int:pk>/", broadcast_page.BroadcastPage),
        ("broadcast-edit", "<int:pk>/edit/", composer.Editor),
        ("broadcast-dry-run", "<int:pk>/dry-run/", dry_runs.DryRunPage),
        ("broadcast-dry-run-customers", "<int:pk>/dry-run/<str:reason>/", dry_runs.DryRunCustomers),
        ("broadcast-progress", "<int:pk>/progress/", broadcast_page.BroadcastProgress),
        ("broadcast-recipients", "<int:pk>/recipients/", recipient_list.RecipientListPage),
        ("broadcast-export", "<int:pk>/recipients/export/", recipient_list.ExportRecipients),
        *((f"broadcast-{act}", f"<int:pk>/{act}/", view) for act, view in _ACTS.items()),
    )
    for name, path, view in pages:
        register(
            Page(
                name=name,
                path=f"broadcasts/{path}",
                view=view.as_view(),
                section=Section.BROADCASTS,
                permission=view.permission,
            )
        )
    register(
        Page(
            name="broadcast-list",
            path="broadcasts/",
            view=BroadcastListPage.as_view(),
            section=Section.BROADCASTS,
            permission=BroadcastListPage.permission,
            label=_("Broadcasts"),
            icon="campaign",
            order=10,
        )
    )
