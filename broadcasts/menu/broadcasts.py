"""The pages of broadcasts (群发): list, composer, dry run, progress and recipients."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from broadcasts.selectors.reviews import waiting_count
from broadcasts.views import (
    autosave,
    broadcast_page,
    cockpit,
    composer,
    dry_runs,
    group_recipients,
    plans,
    recipient_list,
    reviews,
)
from broadcasts.views.broadcast_list import BroadcastListPage
from scrm.console.pages import Page, Section, register
from scrm.console.views import ConsoleAction, ConsolePage

_ACTS = {
    "schedule": broadcast_page.Schedule,
    "submit": reviews.Submit,
    "withdraw": reviews.Withdraw,
    "approve": reviews.Approve,
    "reject": reviews.Reject,
    "test": broadcast_page.SendTrial,
    "stop": broadcast_page.Stop,
    "pause": broadcast_page.Pause,
    "resume": broadcast_page.Resume,
    "remind": broadcast_page.Remind,
    "refresh": broadcast_page.Refresh,
    "copy": broadcast_page.Copy,
    "delete": broadcast_page.Delete,
}


_PAGES: tuple[tuple[str, str, type[ConsolePage | ConsoleAction]], ...] = (
    ("broadcast-new", "new/", composer.Composer),
    ("broadcast-autosave", "autosave/", autosave.Autosave),
    ("broadcast-discard", "discard/", autosave.Discard),
    ("broadcast-segment-size", "segment-size/", composer.SegmentSize),
    ("broadcast-cockpit-now", "cockpit/now/", cockpit.CockpitNow),
    ("broadcast", "<int:pk>/", broadcast_page.BroadcastPage),
    ("broadcast-edit", "<int:pk>/edit/", composer.Editor),
    ("broadcast-edit-autosave", "<int:pk>/edit/autosave/", autosave.EditAutosave),
    ("broadcast-edit-discard", "<int:pk>/edit/discard/", autosave.DiscardEdit),
    ("broadcast-repeat", "<int:pk>/repeat/", plans.RepeatDraft),
    ("broadcast-dry-run", "<int:pk>/dry-run/", dry_runs.DryRunPage),
    ("broadcast-dry-run-customers", "<int:pk>/dry-run/<str:reason>/", dry_runs.DryRunCustomers),
    ("broadcast-progress", "<int:pk>/progress/", broadcast_page.BroadcastProgress),
    ("broadcast-recipients", "<int:pk>/recipients/", recipient_list.RecipientListPage),
    ("broadcast-export", "<int:pk>/recipients/export/", recipient_list.ExportRecipients),
    ("broadcast-groups", "<int:pk>/groups/", group_recipients.GroupRecipientsPage),
    ("broadcast-groups-export", "<int:pk>/groups/export/", group_recipients.ExportGroupRecipients),
    *((f"broadcast-{act}", f"<int:pk>/{act}/", view) for act, view in _ACTS.items()),
)

_PLAN_PAGES: tuple[tuple[str, str, type[ConsolePage | ConsoleAction]], ...] = (
    ("broadcast-plan", "<int:pk>/", plans.PlanPage),
    ("broadcast-plan-edit", "<int:pk>/edit/", plans.EditPlan),
    ("broadcast-plan-pause", "<int:pk>/pause/", plans.PausePlan),
    ("broadcast-plan-resume", "<int:pk>/resume/", plans.ResumePlan),
    ("broadcast-plan-delete", "<int:pk>/delete/", plans.DeletePlan),
)


def register_pages() -> None:
    for place, pages in (("broadcasts", _PAGES), ("broadcast-plans", _PLAN_PAGES)):
        for name, path, view in pages:
            register(
                Page(name, f"{place}/{path}", view.as_view(), Section.BROADCASTS, view.permission)
            )
    _register_menu()


def _register_menu() -> None:
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
    register(
        Page(
            name="broadcast-plans",
            path="broadcast-plans/",
            view=plans.PlanListPage.as_view(),
            section=Section.BROADCASTS,
            permission=plans.PlanListPage.permission,
            label=_("Recurring broadcasts"),
            icon="event_repeat",
            order=12,
        )
    )
    register(
        Page(
            name="broadcast-reviews",
            path="broadcasts/reviews/",
            view=reviews.ReviewInbox.as_view(),
            section=Section.BROADCASTS,
            permission=reviews.ReviewInbox.permission,
            label=_("Approvals"),
            icon="fact_check",
            order=15,
            badge=waiting_count,
        )
    )
    register(
        Page(
            name="broadcast-cockpit",
            path="broadcasts/cockpit/",
            view=cockpit.CockpitPage.as_view(),
            section=Section.BROADCASTS,
            permission=cockpit.CockpitPage.permission,
            label=_("Staff cockpit"),
            icon="monitoring",
            order=20,
        )
    )
