"""What the segment builder asks while somebody writes a rule: the live count, entries of pickers."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact
from contacts.selectors import audiences, segments
from scrm.console.fields import without_nul
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.segments.fields import vocabulary


class SegmentPreview(ConsoleAction):
    """The builder's live answer: JSON {count, ms, words, errors, sample}."""

    permission = "contacts.view_segment"

    def post(self, request: HttpRequest) -> JsonResponse:
        rule = read_json(request.body.decode("utf-8", "replace"))
        found = audiences.preview(rule, operator_of(request), timezone.now())
        return JsonResponse(
            {
                "count": found.count,
                "ms": found.milliseconds,
                "words": found.words,
                "errors": [{"path": e.path, "message": e.message} for e in found.errors],
                "sample": [_sampled(contact) for contact in found.sample],
            }
        )


def _sampled(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.pk,
        "name": str(contact),
        "stage": contact.get_stage_display(),
        "url": reverse("console:contact", args=[contact.pk]),
    }


class SegmentChoices(ConsolePage):
    """Entries of a picker while somebody types: JSON {choices: [{key, label, group}]}."""

    permission = "contacts.view_segment"

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> JsonResponse:
        field = vocabulary().get(request.GET.get("field", ""))
        query = without_nul(request.GET.get("q", "")).strip()[:100]
        found = segments.find_choices(field, query) if field is not None else []
        return JsonResponse(
            {
                "choices": [
                    {"key": choice.key, "label": choice.label, "group": choice.group}
                    for choice in found
                ]
            }
        )


def read_json(text: str) -> object:
    """JSON, or None, which no rule is, for what is not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
