"""Segments (人群): list, builder, detail with "why is this customer in or out", versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact, Segment
from contacts.selectors import audiences, segments
from contacts.selectors.named_segments import SEGMENT
from contacts.selectors.segment_uses import uses_of
from contacts.selectors.visibility import visible_contacts
from contacts.services.segments import (
    NAME_LIMIT,
    SegmentChanged,
    create_segment,
    update_segment,
)
from contacts.views.segment_builder import read_json
from contacts.views.segment_texts import builder_texts
from scrm.console.fields import row_number, without_nul
from scrm.console.models import Operator
from scrm.console.paging import Sort, window
from scrm.console.views import ConsolePage, operator_of
from scrm.errors import InvalidInput, ScrmError
from scrm.segments.days import business_day
from scrm.segments.fields import read_rule, rule_problems
from scrm.segments.nodes import as_json
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
            # They name what only those who may archive it are sure to see.
            uses=uses_of(segment) if operator.has_perm(_CHANGE) else [],
            versions=segment.versions.count(),
            snapshots=segment.snapshots.filter(is_archived=False).order_by("-frozen_at"),
            frozen_name=_frozen_name(segment),
            may_change=operator.has_perm(_CHANGE) and not segment.is_archived,
            may_freeze=operator.has_perm("contacts.add_segment") and not segment.is_archived,
            may_broadcast=(
                operator.has_perm("broadcasts.add_broadcast") and not segment.is_archived
            ),
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


def _frozen_name(segment: Segment) -> str:
    """What a static segment made of this one today may be called."""
    day = f" {business_day(timezone.now()):%Y-%m-%d}"
    return segment.name[: NAME_LIMIT - len(day)] + day


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


class SegmentVersions(ConsolePage):
    """The versions of a segment, each with what it changed (版本记录)."""

    template_name = "contacts/segment_versions.html"
    permission = _VIEW

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segment = get_object_or_404(Segment, pk=self.kwargs["pk"])
        may_change = operator_of(self.request).has_perm(_CHANGE)
        return super().get_context_data(
            title=_("Versions of %(name)s") % {"name": segment.name},
            segment=segment,
            versions=segments.versions_of(segment),
            may_change=may_change and not segment.is_archived,
            **kwargs,
        )


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
            "rule": segment.rule if segment else _starting_rule(self.request.GET),
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
            "rule": read_json(request.POST.get("rule", "")),
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


def _starting_rule(asked: Mapping[str, str]) -> dict[str, Any]:
    """Everybody, or who is in the segment whose page led here, or the rule that a chart led with."""
    drafted = read_json(asked.get("rule", "")) if asked.get("rule") else None
    rule, _errors = rule_problems(drafted)
    if rule is not None:
        return as_json(rule)
    chosen = row_number(asked.get("within", ""))
    if chosen is None or not segments.live_segments().filter(pk=chosen).exists():
        return {"all": []}
    return {"all": [{"field": SEGMENT, "op": "any", "value": [chosen]}]}
