"""The admin lists of staff and departments, and the card of the first steps."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from contacts.selectors.first_steps import first_steps
from scrm.console.cards import Asked, Card, Place
from scrm.console.cards import register as register_card
from scrm.console.navigation import address
from scrm.console.pages import MenuLink, Section, entries, register


def register_pages() -> None:
    for entry in _links():
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
