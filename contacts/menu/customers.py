"""The pages of customers, of staff and departments, and their cards."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.selectors.first_steps import first_steps
from contacts.views import profile
from scrm.console.cards import Asked, Card, Place
from scrm.console.cards import register as register_card
from scrm.console.navigation import address
from scrm.console.pages import MenuLink, Page, Section, entries, register


def register_pages() -> None:
    entries_here: list[Page | MenuLink] = [*_hidden_pages(), *_links()]
    for entry in entries_here:
        register(entry)
    for card in _cards():
        register_card(card)


def _cards() -> list[Card]:
    return [
        Card(
            name="first-steps",
            place=Place.HOME,
            template="contacts/first_steps_card.html",
            data=_first_steps,
            order=5,
            title=_("First steps"),
            permission="wecom.run_sync",
            span=12,
        ),
        Card(
            name="timeline",
            place=Place.CONTACT,
            template="contacts/timeline_card.html",
            data=profile.timeline_card,
            order=10,
            title=_("Timeline"),
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


def _first_steps(asked: Asked) -> dict[str, Any] | None:
    """What is still to be done; nothing once all is done."""
    steps = first_steps()
    waiting = [step for step in steps if not step.is_done]
    if not waiting:
        return None
    pages = {entry.name: entry for entry in entries()}
    urls = {
        step.page: address(pages[step.page])
        for step in steps
        if step.page in pages and asked.operator.has_perm(step.permission)
    }
    return {
        "steps": [{"step": step, "url": urls.get(step.page, "")} for step in steps],
        "next": waiting[0],
    }


def _hidden_pages() -> list[Page]:
    return [
        Page(
            name="contact",
            path="contacts/<int:pk>/",
            view=profile.ContactPage.as_view(),
            section=Section.CONTACTS,
            permission=profile.MAY_LOOK,
        ),
        Page(
            name="contact-events",
            path="contacts/<int:pk>/events/",
            view=profile.OlderEvents.as_view(),
            section=Section.CONTACTS,
            permission=profile.MAY_LOOK,
        ),
        Page(
            name="contact-preference",
            path="contacts/<int:pk>/preference/",
            view=profile.SetPreference.as_view(),
            section=Section.CONTACTS,
            permission=profile.MAY_CHANGE,
        ),
    ]


def _links() -> list[MenuLink]:
    return [
        MenuLink(
            name="staff",
            url_name="admin:contacts_staff_changelist",
            section=Section.SETTINGS,
            label=_("Staff"),
            permission="contacts.view_staff",
            icon="badge",
            order=15,
        ),
        MenuLink(
            name="departments",
            url_name="admin:contacts_department_changelist",
            section=Section.SETTINGS,
            label=_("Departments"),
            permission="contacts.view_department",
            icon="account_tree",
            order=16,
        ),
    ]
