"""A customer's page (客户详情, 360°): who she is, and a tab for each thing known of her."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from contacts.models import NOTE_CHARS, Contact, ContactNote, Segment
from contacts.models.add_way import AddWay
from contacts.selectors import audiences
from contacts.selectors.memberships import MOST_SEGMENTS, segments_of
from contacts.selectors.profiles import (
    SEE_PHONES,
    order_sums_of,
    orders_of,
    profile,
    tags_of,
)
from contacts.selectors.segments import live_segments
from contacts.selectors.staff_tasks import tasks_of
from contacts.selectors.timeline import TOPIC_WORDS, timeline
from contacts.selectors.visibility import visible_contacts, visible_staff
from scrm.console.cards import Asked, Place
from scrm.console.fields import row_number
from scrm.console.views import ConsolePage, operator_of, shown_cards
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError

MAY_LOOK = "contacts.view_contact"
MAY_CHANGE = "contacts.change_contact"
MAY_NOTE = "contacts.add_contactnote"
MAY_GIVE = "contacts.add_stafftask"
_NOTES_SHOWN = 50


class ContactPage(ConsolePage):
    """Who she is on the left; on the right a tab for each registered card."""

    template_name = "contacts/contact.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        contact = visible_or_404(self.request, kwargs["pk"])
        shown = profile(contact.pk, now=now)
        asked = Asked(operator=operator, now=now, subject_id=contact.pk)
        may_change = operator.has_perm(MAY_CHANGE)
        # A remark is changed by those who may see the staff member it belongs to.
        own = set(visible_staff(operator).values_list("pk", flat=True)) if may_change else set()
        return super().get_context_data(
            title=str(contact),
            profile=shown,
            relations=[
                {
                    "follow": follow,
                    "way": AddWay(follow.add_way).label if follow.add_way in AddWay else "",
                    "tags": tags_of(follow),
                    "is_own": follow.staff_id in own,
                }
                for follow in shown.follows
            ],
            tabs=shown_cards(Place.CONTACT, asked),
            is_paused=_is_paused(shown.preference, now),
            may_change=may_change,
            may_see_phone=operator.has_perm(SEE_PHONES),
            **kwargs,
        )


class OlderEvents(ConsolePage):
    """A stretch of the timeline: the next one, or of another topic."""

    template_name = "contacts/timeline_entries.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contact = visible_or_404(self.request, kwargs["pk"])
        asked = self.request.GET
        page = timeline(contact.pk, before=asked.get("before", ""), topic=asked.get("topic", ""))
        return {"page": page, "contact_id": contact.pk}


class WhyInSegment(ConsolePage):
    """Why she is in one segment or not, condition by condition; a part of the page."""

    template_name = "contacts/why_lines.html"
    permission = "contacts.view_segment"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contact = visible_or_404(self.request, kwargs["pk"])
        number = row_number(self.request.GET.get("segment", ""))
        if number is None:
            return {}
        segment = get_object_or_404(Segment, pk=number, is_archived=False)
        try:
            verdict = audiences.why(contact.pk, read_rule(segment.rule), timezone.now())
        except RuleError as error:
            return {"segment": segment, "problem": str(error)}
        return {"segment": segment, "why": verdict}


def timeline_card(asked: Asked) -> dict[str, Any]:
    """What happened, newest first (客户轨迹)."""
    return {
        "page": timeline(asked.subject_id),
        "contact_id": asked.subject_id,
        "topics": [(topic.value, words) for topic, words in TOPIC_WORDS.items()],
    }


def notes_card(asked: Asked) -> dict[str, Any]:
    """Notes and tasks (跟进与待办)."""
    notes = ContactNote.objects.filter(contact=asked.subject_id).select_related("author")
    return {
        "notes": list(notes.order_by("-at", "-pk")[:_NOTES_SHOWN]),
        "tasks": tasks_of(asked.subject_id, asked.operator),
        "contact_id": asked.subject_id,
        "most_chars": NOTE_CHARS,
        "may_note": asked.operator.has_perm(MAY_NOTE),
        "may_give": asked.operator.has_perm(MAY_GIVE),
        "may_close": asked.operator.has_perm("contacts.change_stafftask"),
        "may_list": asked.operator.has_perm("contacts.view_stafftask"),
    }


def orders_card(asked: Asked) -> dict[str, Any]:
    """The last orders of a customer, and what all of them add up to."""
    sums = order_sums_of(asked.subject_id)
    return {
        "orders": orders_of(asked.subject_id),
        **vars(sums),
        "net_fen": sums.net_fen,
        "may_open": asked.operator.has_perm("contacts.view_order"),
    }


def memberships_card(asked: Asked) -> dict[str, Any]:
    """The saved segments she is in now, and the others to ask why not."""
    inside = segments_of(asked.subject_id, now=asked.now)
    known = {segment.pk for segment in inside}
    others = (segment for segment in live_segments()[:MOST_SEGMENTS] if segment.pk not in known)
    return {
        "segments": inside,
        "others": sorted(others, key=lambda segment: segment.name),
        "contact_id": asked.subject_id,
        "sees_everything": asked.operator.sees_everything,
    }


def visible_or_404(request: HttpRequest, pk: int) -> Contact:
    """The customer; a 404 outside the operator's scope, so that a number tells nothing."""
    return get_object_or_404(visible_contacts(operator_of(request)), pk=pk)


def _is_paused(preference: Any, now: Any) -> bool:
    return bool(preference and preference.pause_until and preference.pause_until > now)
