"""A customer's page (客户详情, 360°) and what an operator may record there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact
from contacts.models.add_way import AddWay
from contacts.selectors.memberships import segments_of
from contacts.selectors.profiles import orders_of, profile
from contacts.selectors.timeline import timeline
from contacts.selectors.visibility import visible_contacts
from contacts.services.preferences import pause_messages, set_do_not_contact
from scrm.console.cards import Asked, Place
from scrm.console.views import ConsoleAction, ConsolePage, operator_of, shown_cards

MAY_LOOK = "contacts.view_contact"
MAY_CHANGE = "contacts.change_contact"
PAUSE = timedelta(days=30)
SOURCE = "console"


class ContactPage(ConsolePage):
    """Who she is on the left; on the right a tab for each registered card."""

    template_name = "contacts/contact.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        contact = _visible(self.request, kwargs["pk"])
        shown = profile(contact.pk, operator=operator, now=now)
        asked = Asked(operator=operator, now=now, subject_id=contact.pk)
        return super().get_context_data(
            title=str(contact),
            profile=shown,
            follows=[
                (follow, AddWay(follow.add_way).label if follow.add_way in AddWay else "")
                for follow in shown.follows
            ],
            tabs=shown_cards(Place.CONTACT, asked),
            is_paused=_is_paused(shown.preference, now),
            may_change=operator.has_perm(MAY_CHANGE),
            **kwargs,
        )


class OlderEvents(ConsolePage):
    """The next stretch of the timeline, asked for by the button below it."""

    template_name = "contacts/timeline_entries.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contact = _visible(self.request, kwargs["pk"])
        page = timeline(contact.pk, before=self.request.GET.get("before", ""))
        return {"page": page, "contact_id": contact.pk}


class SetPreference(ConsoleAction):
    """Record what the customer asked of us: pause, never, or as usual again."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = _visible(request, pk)
        who: dict[str, Any] = {
            "contact_id": contact.pk,
            "source": SOURCE,
            "operator": operator_of(request),
            "now": timezone.now(),
        }
        match request.POST.get("ask"):
            case "pause":
                pause_messages(until=who["now"] + PAUSE, **who)
                messages.success(request, _("Messages are paused for 30 days."))
            case "never":
                set_do_not_contact(is_do_not_contact=True, **who)
                messages.success(request, _("The customer will not be contacted any more."))
            case "clear":
                pause_messages(until=None, **who)
                set_do_not_contact(is_do_not_contact=False, **who)
                messages.success(request, _("The customer may be contacted as usual."))
        return redirect("console:contact", pk=contact.pk)


def timeline_card(asked: Asked) -> dict[str, Any]:
    """What happened, newest first (客户轨迹)."""
    return {"page": timeline(asked.subject_id), "contact_id": asked.subject_id}


def orders_card(asked: Asked) -> dict[str, Any]:
    """The last orders of a customer."""
    return {"orders": orders_of(asked.subject_id)}


def memberships_card(asked: Asked) -> dict[str, Any]:
    """The saved segments she is in now."""
    return {
        "segments": segments_of(asked.subject_id, now=asked.now),
        "contact_id": asked.subject_id,
    }


def _visible(request: HttpRequest, pk: int) -> Contact:
    """The customer; a 404 outside the operator's scope, so that a number tells nothing."""
    return get_object_or_404(visible_contacts(operator_of(request)), pk=pk)


def _is_paused(preference: Any, now: Any) -> bool:
    return bool(preference and preference.pause_until and preference.pause_until > now)
