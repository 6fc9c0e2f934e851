"""Group tags (群标签): the library, and tagging groups in bulk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from groups.models import GroupChat, GroupTag, GroupTagSet
from groups.selectors.audiences import chats_of, live_segments, read_group_rule
from groups.selectors.group_list import SORTS, matching_groups, sorted_for, visible_groups
from groups.selectors.tags import tag_choices, tag_sets, tags_of
from groups.services import group_tags
from groups.views.group_list import GroupFilter
from scrm.console.fields import row_number
from scrm.console.paging import counted, window
from scrm.console.views import ConsoleAction, ConsolePage, operator_of
from scrm.errors import ScrmError
from scrm.segments.parse import RuleError

MAY_LOOK, MAY_CHANGE = "groups.view_grouptag", "groups.change_grouptag"
MAY_MARK = "groups.add_grouptagmark"


class GroupTagsPage(ConsolePage):
    """Sets of tags, each tag with its groups; new ones are made here."""

    template_name = "groups/tags.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Group tags")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator = operator_of(self.request)
        return super().get_context_data(
            sets=tag_sets(),
            may_change=operator.has_perm(MAY_CHANGE),
            may_mark=operator.has_perm(MAY_MARK),
            name_limit=group_tags.NAME_LIMIT,
            **kwargs,
        )


class CreateGroupTags(ConsoleAction):
    """New tags in a set, or a new set of them."""

    permission = MAY_CHANGE

    def post(self, request: HttpRequest) -> HttpResponse:
        number = row_number(request.POST.get("tag_set", ""))
        tag_set = GroupTagSet.objects.filter(pk=number, is_gone=False).first() if number else None
        try:
            made = group_tags.create_group_tags(
                names=request.POST.get("names", "").splitlines(),
                tag_set=tag_set,
                set_name=request.POST.get("set_name", ""),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved: %(name)s.") % {"name": made.name})
        return redirect("console:group-tags")


class _Act(ConsoleAction):
    """Renames, moves or deletes the tag or set of the address, as `do` says."""

    permission = MAY_CHANGE
    model: type[GroupTag | GroupTagSet] = GroupTag

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry: Any = get_object_or_404(self.model, pk=pk, is_gone=False)
        acting: dict[str, Any] = {"operator": operator_of(request), "now": timezone.now()}
        wanted = request.POST.get("do", "")
        try:
            if wanted == "rename":
                name = request.POST.get("name", "")
                group_tags.rename_group_tag(entry=entry, name=name, **acting)
            elif wanted == "delete":
                group_tags.delete_group_tag(entry=entry, **acting)
                messages.success(request, _("Deleted: %(name)s.") % {"name": entry.name})
            elif wanted in {"up", "down"}:
                group_tags.move_group_tag(entry=entry, is_up=wanted == "up", **acting)
        except ScrmError as error:
            messages.error(request, str(error))
        return redirect("console:group-tags")


class GroupTagAct(_Act):
    model = GroupTag


class GroupTagSetAct(_Act):
    model = GroupTagSet


class MarkFilter(GroupFilter):
    """Groups by what the list knows, or by a saved segment."""

    segment_id = forms.TypedChoiceField(
        label=gettext_lazy("Group segment"), required=False, coerce=int, empty_value=None
    )
    field_order = ("text", "owner", "tag_id", "segment_id", "size_from", "size_to", "sort")
    state = None  # type: ignore[assignment]  # Django's way to drop a field
    health = None  # type: ignore[assignment]

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self._choose("segment_id", list(live_segments().values_list("pk", "name")))

    def groups(self, request: HttpRequest) -> QuerySet[GroupChat]:
        """The living groups that fit, of those the operator may see."""
        now = timezone.now()
        groups = visible_groups(operator_of(request)).filter(dismissed_at__isnull=True)
        found = matching_groups(groups, self.wanted(), now=now)
        segment = live_segments().filter(pk=self.cleaned_data.get("segment_id") or 0).first()
        if segment is not None:
            try:
                picked = chats_of(read_group_rule(segment.rule), now)
            except RuleError:
                return found.none()
            found = found.filter(pk__in=picked.values("pk"))
        return found


class MarkGroupsPage(ConsolePage):
    """Choose groups, and tags to put on them or take off (批量打群标签)."""

    template_name = "groups/tag_mark.html"
    permission = MAY_MARK
    page_title = gettext_lazy("Tag groups")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        form = MarkFilter(self.request.GET)
        found, sort = form.groups(self.request), form.sort_name()
        number = counted(found)
        page = window(
            sorted_for(found, sort, now=now).select_related("owner", "facts"),
            sort=SORTS[sort],
            cursor=self.request.GET.get("after", ""),
            count_words=_("%(number)s groups") % {"number": number},
        )
        tags = tags_of(page.rows)
        return super().get_context_data(
            form=form,
            window=page,
            rows=[(group, tags.get(group.pk, [])) for group in page.rows],
            choices=tag_choices(),
            number=number,
            **kwargs,
        )

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        groups = MarkFilter(request.GET).groups(request)
        if request.POST.get("everybody") != "1":
            groups = groups.filter(pk__in=_keys(request, "pick"))
        try:
            changed = group_tags.mark_groups(
                groups=groups,
                add_tag_ids=_keys(request, "add"),
                remove_tag_ids=_keys(request, "remove"),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except ScrmError as error:
            messages.error(request, str(error))
        else:
            words = ngettext("%(number)d group changed.", "%(number)d groups changed.", changed)
            messages.success(request, words % {"number": changed})
        return redirect(request.get_full_path())


def _keys(request: HttpRequest, name: str) -> list[int]:
    numbers = (row_number(text) for text in request.POST.getlist(name))
    return [number for number in numbers if number is not None]
