"""The customer list, its acts on many, and its saved views in the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import contact_bulk, contact_export, contact_list, saved_views
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    register(
        Page(
            name="contacts",
            path="contacts/",
            view=contact_list.ContactListPage.as_view(),
            section=Section.CONTACTS,
            permission=contact_list.MAY_LOOK,
            label=_("Customer list"),
            icon="group",
            order=10,
        )
    )
    for name, path, view in (
        ("contact-count", "contacts/count/", contact_list.ContactCount),
        ("contact-choices", "contacts/choices/", contact_list.ContactChoices),
        ("contact-export", "contacts/export/", contact_export.ExportContacts),
        ("contact-bulk-tag", "contacts/tag/", contact_bulk.BulkTag),
        ("contact-bulk-preference", "contacts/preference/", contact_bulk.BulkPreference),
        ("contact-segment", "contacts/segment/", contact_bulk.SegmentOfFilter),
        ("contact-view-save", "contacts/views/save/", saved_views.SaveView),
        ("contact-views", "contacts/views/", saved_views.SavedViewsPage),
        ("contact-view-change", "contacts/views/<int:pk>/", saved_views.ChangeSavedView),
    ):
        register(Page(name, path, view.as_view(), Section.CONTACTS, view.permission))
