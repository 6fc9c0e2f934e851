"""The pages of hand-overs and of preferences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import blocked_imports, handover_wizard, handovers, preference_jobs
from contacts.views import preferences as views
from contacts.views.h5_preferences import PER_ADDRESS, PER_LINK
from scrm.console.cards import Card, Place
from scrm.console.cards import register as register_card
from scrm.console.pages import Page, Section, register
from scrm.ratelimit import limits


def register_pages() -> None:
    register(
        Page(
            name="handovers",
            path="handovers/",
            view=handovers.HandoverList.as_view(),
            section=Section.CONTACTS,
            permission=handovers.MAY_LOOK,
            label=_("Hand-overs"),
            icon="swap_horiz",
            order=60,
        )
    )
    register(
        Page(
            name="preferences",
            path="preferences/",
            view=views.PreferenceList.as_view(),
            section=Section.CONTACTS,
            permission=views.MAY_LOOK,
            label=_("Preferences"),
            icon="notifications_off",
            order=70,
        )
    )
    for name, path, view in (
        ("handover-new", "handovers/new/", handover_wizard.HandoverWizard),
        ("handover-unassigned", "handovers/unassigned/", handovers.ReadUnassigned),
        ("handover", "handovers/<int:pk>/", handovers.HandoverPage),
        ("handover-progress", "handovers/<int:pk>/progress/", handovers.HandoverProgress),
        ("handover-export", "handovers/<int:pk>/export/", handovers.ExportHandover),
        ("preference-record", "preferences/record/", views.RecordPreference),
        ("contact-wishes", "contacts/<int:pk>/wishes/", views.SetContactPreference),
        ("topics", "preferences/topics/", views.TopicPage),
        ("preferencejob", "preference-jobs/<int:pk>/", preference_jobs.PreferenceJobPage),
        (
            "preference-job-progress",
            "preference-jobs/<int:pk>/progress/",
            preference_jobs.PreferenceJobProgress,
        ),
        (
            "preference-job-cancel",
            "preference-jobs/<int:pk>/cancel/",
            preference_jobs.CancelPreferenceJob,
        ),
        ("blocked-imports", "blocked-imports/", blocked_imports.BlockedImportList),
        ("blocked-import", "blocked-imports/<int:pk>/", blocked_imports.BlockedImportPage),
        (
            "blocked-import-progress",
            "blocked-imports/<int:pk>/progress/",
            blocked_imports.BlockedImportProgress,
        ),
        ("blocked-import-act", "blocked-imports/<int:pk>/act/", blocked_imports.BlockedImportAct),
        (
            "blocked-import-faults",
            "blocked-imports/<int:pk>/faults/",
            blocked_imports.BlockedImportFaults,
        ),
    ):
        register(Page(name, path, view.as_view(), Section.CONTACTS, view.permission))
    register_card(
        Card(
            name="preferences",
            place=Place.CONTACT,
            template="contacts/preference_tab.html",
            data=views.preference_card,
            order=70,
            title=_("Preferences"),
        )
    )
    limits.register(PER_LINK)
    limits.register(PER_ADDRESS)
