"""The pages about one customer, the tasks for staff, and the profile fields; tabs of the page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.views import profile, profile_acts, profile_fields, profile_forms, staff_tasks
from scrm.console.cards import Card, Place
from scrm.console.cards import register as register_card
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    for card in _cards():
        register_card(card)
    for page in _menu():
        register(page)
    for name, path, view in (
        ("contact", "contacts/<int:pk>/", profile.ContactPage),
        ("contact-events", "contacts/<int:pk>/events/", profile.OlderEvents),
        ("contact-why", "contacts/<int:pk>/why/", profile.WhyInSegment),
        ("contact-phone", "contacts/<int:pk>/phone/", profile_acts.ShowPhone),
        ("contact-preference", "contacts/<int:pk>/preference/", profile_acts.SetPreference),
        ("contact-note", "contacts/<int:pk>/notes/", profile_acts.WriteNote),
        ("contact-tags", "contacts/<int:pk>/tags/", profile_acts.MarkTags),
        ("contact-tag-choices", "contacts/<int:pk>/tag-choices/", profile_acts.TagChoices),
        ("contact-fields", "contacts/<int:pk>/fields/", profile_forms.EditFields),
        ("contact-task", "contacts/<int:pk>/tasks/", profile_forms.GiveTask),
        ("follow-remark", "follows/<int:pk>/remark/", profile_forms.EditRemark),
        ("stafftask-close", "tasks/<int:pk>/close/", staff_tasks.CloseTask),
        ("stafftask-tell", "tasks/<int:pk>/tell/", staff_tasks.TellAgain),
        ("profile-field-new", "profile-fields/new/", profile_fields.NewProfileField),
        ("profilefield", "profile-fields/<int:pk>/", profile_fields.EditProfileField),
        (
            "profile-field-archive",
            "profile-fields/<int:pk>/archive/",
            profile_fields.ArchiveProfileField,
        ),
    ):
        section = Section.SETTINGS if path.startswith("profile-fields") else Section.CONTACTS
        register(Page(name, path, view.as_view(), section, view.permission))


def _menu() -> list[Page]:
    return [
        Page(
            name="staff-tasks",
            path="tasks/",
            view=staff_tasks.StaffTaskList.as_view(),
            section=Section.CONTACTS,
            permission=staff_tasks.MAY_LOOK,
            label=_("Tasks for staff"),
            icon="task_alt",
            order=60,
        ),
        Page(
            name="profile-fields",
            path="profile-fields/",
            view=profile_fields.ProfileFieldList.as_view(),
            section=Section.SETTINGS,
            permission=profile_fields.MAY_LOOK,
            label=_("Profile fields"),
            icon="fact_check",
            order=17,
        ),
    ]


def _cards() -> list[Card]:
    return [
        Card(
            name="timeline",
            place=Place.CONTACT,
            template="contacts/timeline_card.html",
            data=profile.timeline_card,
            order=10,
            title=_("Timeline"),
        ),
        Card(
            name="notes",
            place=Place.CONTACT,
            template="contacts/notes_card.html",
            data=profile.notes_card,
            order=15,
            title=_("Notes and tasks"),
            permission="contacts.view_contactnote",
        ),
        Card(
            name="orders",
            place=Place.CONTACT,
            template="contacts/orders_card.html",
            data=profile.orders_card,
            order=20,
            title=_("Orders"),
        ),
        Card(
            name="memberships",
            place=Place.CONTACT,
            template="contacts/memberships_card.html",
            data=profile.memberships_card,
            order=60,
            title=_("Segments"),
            permission="contacts.view_segment",
        ),
    ]
