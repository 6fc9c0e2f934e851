"""Group segments (群人群): list, builder, and the page of one."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.selectors.segments import builder_vocabulary, find_choices
from contacts.views.segment_texts import builder_texts
from groups.models import GroupChat, GroupSegment
from groups.selectors import audiences
from groups.selectors.group_list import visible_groups
from groups.services import segments
from scrm.console.fields import row_number, without_nul
from scrm.console.paging import Sort, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import InvalidInput, ScrmError
from scrm.segments.fields import vocabulary
from scrm.segments.outline import changes
from scrm.segments.parse import RuleError

MAY_LOOK, MAY_CHANGE = "groups.view_groupsegment", "groups.change_groupsegment"
_FOUND = 10


class GroupSegmentList(ConsolePage):
    """Every live group segment with its rule in words and its size."""

    template_name = "groups/segments.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Group segments")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        page = window(
            audiences.live_segments(),
            sort=Sort("updated_at"),
            cursor=self.request.GET.get("after", ""),
            size=20,
        )
        return super().get_context_data(
            window=page,
            rows=[audiences.shown(segment, operator, now) for segment in page.rows],
            may_change=operator.has_perm(MAY_CHANGE),
            **kwargs,
        )


class GroupSegmentPage(ConsolePage):
    """One group segment: its groups, its versions, and why a group is in or out."""

    template_name = "groups/segment.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segment = get_object_or_404(GroupSegment, pk=self.kwargs["pk"])
        operator, now = operator_of(self.request), timezone.now()
        query = without_nul(self.request.GET.get("q", "")).strip()[:64]
        visible = visible_groups(operator)
        found = visible.filter(name__icontains=query) if query else visible.none()
        shown = audiences.shown(segment, operator, now)
        rule = None if shown.problem else audiences.read_group_rule(segment.rule)
        asked = self._asked(visible)
        return super().get_context_data(
            title=segment.name,
            segment=segment,
            shown=shown,
            sample=audiences.sample(rule, operator, now) if rule else [],
            versions=_versions(segment),
            query=query,
            found=found.order_by("-created_at", "-pk")[:_FOUND],
            asked=asked,
            why=audiences.why(asked, rule, now) if asked and rule else None,
            may_change=operator.has_perm(MAY_CHANGE) and not segment.is_archived,
            **kwargs,
        )

    def _asked(self, visible: Any) -> GroupChat | None:
        number = row_number(self.request.GET.get("group", ""))
        if number is None:
            return None
        group: GroupChat = get_object_or_404(visible, pk=number)
        return group


class GroupSegmentForm(ConsolePage):
    """The builder: new (`pk` absent) or existing. A refused save comes back as it was typed."""

    template_name = "groups/segment_form.html"
    permission = MAY_CHANGE

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        segment = self._segment()
        typed = {
            "name": segment.name if segment else "",
            "description": segment.description if segment else "",
            "version": segment.version if segment else 0,
            "rule": segment.rule if segment else {"all": []},
        } | kwargs
        texts = {"everybody": _("Without conditions these are all groups.")}
        return super().get_context_data(
            **{
                "title": segment.name if segment else _("New group segment"),
                "segment": segment,
                "vocabulary": builder_vocabulary(typed["rule"], base=audiences.BASE),
                "texts": builder_texts() | texts,
                **typed,
            }
        )

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        segment = self._segment()
        typed: dict[str, Any] = {
            "name": request.POST.get("name", ""),
            "description": without_nul(request.POST.get("description", ""))[:256],
            "rule": _json(request.POST.get("rule", "")),
        }
        acting: dict[str, Any] = {"now": timezone.now(), "operator": operator_of(request)}
        try:
            if segment is None:
                saved = segments.create_group_segment(**typed, **acting)
            else:
                version = row_number(request.POST.get("version", "")) or 0
                saved = segments.update_group_segment(
                    segment_id=segment.pk, version=version, **typed, **acting
                )
        except ScrmError as error:
            at_name = isinstance(error, InvalidInput) and error.field == "name"
            shown = {"name_error" if at_name else "problem": str(error)}
            return self.render_to_response(self.get_context_data(**typed, **shown))
        messages.success(request, _("Saved: %(name)s.") % {"name": saved.name})
        return redirect("console:groupsegment", saved.pk)

    def _segment(self) -> GroupSegment | None:
        if "pk" not in self.kwargs:
            return None
        return get_object_or_404(GroupSegment, pk=self.kwargs["pk"], is_archived=False)


class ArchiveGroupSegment(ConsoleAction):
    permission = MAY_CHANGE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = get_object_or_404(GroupSegment, pk=pk)
        try:
            segments.archive_group_segment(
                segment_id=pk, now=timezone.now(), operator=operator_of(request)
            )
        except ScrmError as error:
            messages.error(request, str(error))
            return redirect("console:groupsegment", pk)
        messages.success(request, _("Archived: %(name)s.") % {"name": segment.name})
        return redirect("console:group-segments")


class PreviewGroupSegment(ConsoleAction):
    """The builder's live answer: JSON {count, ms, words, errors, sample}."""

    permission = MAY_LOOK

    def post(self, request: HttpRequest) -> JsonResponse:
        rule = _json(request.body.decode("utf-8", "replace"))
        found = audiences.preview(rule, operator_of(request), timezone.now())
        return JsonResponse(
            {
                "count": found.count,
                "ms": found.milliseconds,
                "words": found.words,
                "errors": [{"path": e.path, "message": e.message} for e in found.errors],
                "sample": [_sampled(group) for group in found.sample],
            }
        )


class GroupSegmentChoices(ConsolePage):
    """Entries of a picker while somebody types: JSON {choices: [{key, label, group}]}."""

    permission = MAY_LOOK

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> JsonResponse:
        field = vocabulary(audiences.BASE).get(request.GET.get("field", ""))
        query = without_nul(request.GET.get("q", "")).strip()[:100]
        found = find_choices(field, query) if field is not None else []
        return JsonResponse(
            {"choices": [{"key": c.key, "label": c.label, "group": c.group} for c in found]}
        )


def _versions(segment: GroupSegment) -> list[dict[str, Any]]:
    """The last versions, newest first, each with what it changed of the one before."""
    rows = list(segment.versions.select_related("created_by").order_by("-version")[:21])
    shown = []
    for row, before in pairwise([*rows, None]):
        if row is None:
            continue
        try:
            rule = audiences.read_group_rule(row.rule)
            changed = changes(audiences.read_group_rule(before.rule), rule) if before else []
            words = audiences.words_of(rule)
        except RuleError as error:
            changed, words = [], str(error)
        shown.append({"row": row, "words": words, "changes": changed})
    return shown[:20]


def _sampled(group: GroupChat) -> dict[str, Any]:
    facts = getattr(group, "facts", None)
    return {
        "id": group.pk,
        "name": group.name or _("Unnamed group"),
        "stage": _("%(number)d members") % {"number": facts.size if facts else 0},
        "url": reverse("console:group", args=[group.pk]),
    }


def _json(text: str) -> object:
    """JSON, or None, which no rule is, for what is not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
