"""A customer's page (客户详情, 360°)."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone

from contacts.selectors.visibility import visible_contacts
from scrm.console.cards import Asked, Place
from scrm.console.views import ConsolePage, operator_of, shown_cards


class ContactPage(ConsolePage):
    """Who she is on the left; on the right a tab for each registered card."""

    template_name = "contacts/contact.html"
    permission = "contacts.view_contact"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        contact = get_object_or_404(
            visible_contacts(operator).select_related("facts", "preference"), pk=kwargs["pk"]
        )
        asked = Asked(operator=operator, now=timezone.now(), subject_id=contact.pk)
        return super().get_context_data(
            title=str(contact),
            contact=contact,
            tabs=shown_cards(Place.CONTACT, asked),
            **kwargs,
        )
