"""Segments (人群): list, builder, detail with "why is this customer in or out"."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, Segment
from contacts.selectors import audiences, segments
from contacts.selectors.visibility import visible_contacts
from contacts.services.segments import (
    SegmentChanged,
    SegmentInUse,
    archive_segment,
    create_segment,
    recount_segment,
    update_segment,
)
from contacts.views.segment_texts import builder_texts
from scrm.console.fields import row_number, without_nul
from scrm.console.models import Operator
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput, ScrmError
from scrm.segments.fields import read_rule, vocabulary
from scrm.segments.parse import RuleError

_SEARCH_LIMIT = 10
_VIEW, _CHANGE = "contacts.view_segment", "contacts.change_segment"


class SegmentList(ConsolePage):
    """Every live segment with its rule in words and its size (人群列表)."""

    template_name = "contacts/segment_list.html"
    permission = _VIEW
    page_title = gettext_lazy("Segments")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        page = window(
            segments.live_segments(),
            sort=Sort("updated_at"),
            cursor=self.request.GET.get("after", ""),
            size=20,
        )
        rows = [
            {
                "segment": row,
                "words": segments.words_of(row),
                # Counting each in a narrower scope would take too long for a list.
                "size": row.size if operator.sees_everything else None,
            }
            for row in page.rows
        ]
        return super().get_context_data(
            window=page,
            rows=rows,
            may_change=operator.has_perm(_CHANGE),
            **kwargs,
        )


class SegmentDetail(ConsolePage):
    """One segment, and why a customer is in it or not."""

    template_name = "contacts/segment_detail.html"
    permission = _VIEW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segment = get_object_or_404(Segment, pk=self.kwargs["pk"])
        operator = operator_of(self.request)
        query = without_nul(self.request.GET.get("q", "")).strip()
        visible = visible_contacts(operator)
        found = visible.filter(name__trigram_contains=query) if query else visible.none()
        return super().get_context_data(
            title=segment.name,
            segment=segment,
            words=segments.words_of(segment),
            size=audiences.shown_size(segment, operator, timezone.now()),
            versions=segment.versions.order_by("-version")[:10],
            may_change=operator.has_perm(_CHANGE) and not segment.is_archived,
            query=query,
            found=found.order_by("-first_followed_at", "-pk")[: _SEARCH_LIMIT + 1],
            search_limit=_SEARCH_LIMIT,
            sample=_sample(segment, operator),
            **_asked_why(segment, visible, self.request.GET.get("contact", "")),
            **kwargs,
        )


def _sample(segment: Segment, operator: Operator) -> list[Contact]:
    """Some of those it picks; none when its rule no longer reads, which the page says in words."""
    try:
        return audiences.sample(read_rule(segment.rule), operator, timezone.now())
    except RuleError:
        return []


def _asked_why(segment: Segment, visible: Any, contact_id: str) -> dict[str, Any]:
    """The box "why in or out", for a customer the operator may see."""
    number = row_number(contact_id)
    if number is None:
        return {}
    contact: Contact = get_object_or_404(visible, pk=number)
    try:
        verdict = audiences.why(contact.pk, read_rule(segment.rule), timezone.now())
    except RuleError as error:
        return {"asked": contact, "problem": str(error)}
    return {"asked": contact, "why": verdict}


class SegmentForm(ConsolePage):
    """The builder: new (`pk` absent) or existing. A refused save comes back as it was typed."""

    template_name = "contacts/segment_form.html"
    permission = _CHANGE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segment = self._segment()
        typed = {
            "name": segment.name if segment else "",
            "description": segment.description if segment else "",
            "version": segment.version if segment else 0,
            "rule": segment.rule if segment else {"all": []},
        } | kwargs
        return super().get_context_data(
            **{
                "title": segment.name if segment else _("New segment"),
                "segment": segment,
                "vocabulary": segments.builder_vocabulary(typed["rule"]),
                "texts": builder_texts(),
                **typed,
            }
        )

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        segment = self._segment()
        typed: dict[str, Any] = {
            "name": request.POST.get("name", ""),
            "description": request.POST.get("description", "")[:256],
            "rule": _json(request.POST.get("rule", "")),
        }
        acting: dict[str, Any] = {"now": timezone.now(), "operator": operator_of(request)}
        try:
            if segment is None:
                saved = create_segment(**typed, **acting)
            else:
                version = row_number(request.POST.get("version", "")) or 0
                saved = update_segment(segment_id=segment.pk, version=version, **typed, **acting)
        except (RuleError, InvalidInput, SegmentChanged) as error:
            again = self.get_context_data(**typed, **_shown(error))
            return self.render_to_response(again)
        messages.success(
            request,
            _("Saved: %(name)s, %(size)s customers.")
            % {"name": saved.name, "size": f"{saved.size:,}"},
        )
        return redirect("console:segment", saved.pk)

    def _segment(self) -> Segment | None:
        if "pk" not in self.kwargs:
            return None
        return get_object_or_404(Segment, pk=self.kwargs["pk"], is_archived=False)


def _shown(error: ScrmError) -> dict[str, Any]:
    """Where the form shows an error: at the name, at its condition, or above everything."""
    if isinstance(error, InvalidInput) and error.field == "name":
        return {"name_error": str(error)}
    return {"problem": str(error)}


class SegmentArchive(ConsoleAction):
    permission = _CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        segment = get_object_or_404(Segment, pk=pk)
        try:
            archive_segment(segment_id=pk, now=timezone.now(), operator=operator_of(request))
        except SegmentInUse as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("console:segment", args=[pk]))
        messages.success(request, _("Archived: %(name)s.") % {"name": segment.name})
        return HttpResponseRedirect(reverse("console:segment-list"))


class SegmentRecount(ConsoleAction):
    permission = _VIEW

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        segment = get_object_or_404(Segment, pk=pk)
        try:
            recount_segment(segment_id=pk, now=timezone.now())
            segment.refresh_from_db()
            size = audiences.shown_size(segment, operator_of(request), timezone.now()) or 0
        except RuleError as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request,
                _("%(name)s: %(size)s customers.") % {"name": segment.name, "size": f"{size:,}"},
            )
        return HttpResponseRedirect(reverse("console:segment", args=[pk]))


class SegmentPreview(ConsoleAction):
    """The builder's live answer: JSON {count, ms, words, errors, sample}."""

    permission = _VIEW

    def post(self, request: HttpRequest) -> JsonResponse:
        rule = _json(request.body.decode("utf-8", "replace"))
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

    permission = _VIEW

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


def _json(text: str) -> object:
    """JSON, or None, which no rule is, for what is not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
