"""Cards of customer groups on other pages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from groups.selectors.memberships import memberships_of
from scrm.console.cards import Asked, Card, Place, register


def register_cards() -> None:
    """Called once, when the app is ready."""
    register(
        Card(
            name="groups",
            place=Place.CONTACT,
            template="groups/contact_groups.html",
            data=_groups,
            order=40,
            title=_("Groups"),
            permission="groups.view_groupchat",
            span=12,
        )
    )


def _groups(asked: Asked) -> dict[str, Any]:
    memberships = memberships_of(asked.subject_id, operator=asked.operator)
    return {
        "present": [member for member in memberships if member.is_present],
        "former": [member for member in memberships if not member.is_present],
    }
