"""The tag page (客户标签), and the page of one tag and of one group."""

from __future__ import annotations

from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy

from contacts.models import RuleProblem, Segment, Tag, TagGroup, TagKind, TagRule
from contacts.selectors.tag_circles import circle_of
from contacts.selectors.tag_list import (
    TagsWanted,
    counted_tags,
    customers_by_tag,
    customers_of,
    uses_of_tag,
)
from contacts.services.tag_library import wecom_tag_count
from scrm.console.fields import without_nul
from scrm.console.views import ConsolePage, operator_of
from scrm.wecom.maxima import TAG_NAME_CHARS, TAGS_PER_CORP

MAY_LOOK, MAY_ADD = "contacts.view_tag", "contacts.add_tag"
MAY_CHANGE, MAY_DELETE = "contacts.change_tag", "contacts.delete_tag"
_RUNS_SHOWN = 20


class TagFilter(forms.Form):
    text = forms.CharField(label=gettext_lazy("Tag or group"), required=False, max_length=64)
    source = forms.ChoiceField(
        label=gettext_lazy("Source"),
        required=False,
        choices=[("", "–"), *TagKind.choices, ("rule", gettext_lazy("Kept by a rule"))],
    )

    def wanted(self) -> TagsWanted:
        self.is_valid()
        return TagsWanted(
            text=without_nul(self.cleaned_data.get("text", "")),
            source=self.cleaned_data.get("source", ""),
        )


class TagListPage(ConsolePage):
    """Groups of tags, each tag with its customers."""

    template_name = "contacts/tags.html"
    permission = MAY_LOOK
    page_title = gettext_lazy("Customer tags")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        operator, now = operator_of(self.request), timezone.now()
        form = TagFilter(self.request.GET)
        counts = customers_by_tag(operator, now=now)
        return super().get_context_data(
            form=form,
            is_filtered=form.wanted() != TagsWanted(),
            groups=counted_tags(form.wanted(), counts),
            counted_at=counts.at if counts.at != now else None,
            used=wecom_tag_count(),
            limit=TAGS_PER_CORP,
            **_rights(operator),
            **kwargs,
        )


class TagPage(ConsolePage):
    """One tag: its customers, its rule, what uses it, and what may be done with it."""

    template_name = "contacts/tag.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tag = get_object_or_404(Tag.objects.select_related("group"), pk=self.kwargs["pk"])
        operator = operator_of(self.request)
        rule = getattr(tag, "kept_by", None)
        return super().get_context_data(
            title=tag.name,
            tag=tag,
            customers=customers_of(tag, operator),
            uses=uses_of_tag(tag),
            rule=rule,
            circle=_circle(tag, rule),
            runs=rule.runs.order_by("-at", "-pk")[:_RUNS_SHOWN] if rule else [],
            segments=Segment.objects.filter(is_archived=False).order_by("name"),
            name_limit=TAG_NAME_CHARS,
            **_rights(operator),
            **kwargs,
        )


def _circle(tag: Tag, rule: TagRule | None) -> tuple[str, ...]:
    """The way on which the tag depends on itself since a rule was changed."""
    if rule is None or rule.problem != RuleProblem.CIRCULAR:
        return ()
    return circle_of(tag, rule.segment)


class TagGroupPage(ConsolePage):
    """One group: rename it, add tags, delete it."""

    template_name = "contacts/tag_group.html"
    permission = MAY_LOOK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        group = get_object_or_404(TagGroup, pk=self.kwargs["pk"])
        operator = operator_of(self.request)
        tags = list(group.tags.filter(is_gone=False))
        return super().get_context_data(
            title=group.name,
            group=group,
            tags=[(tag, customers_of(tag, operator)) for tag in tags[:_TAGS_COUNTED]],
            more_tags=tags[_TAGS_COUNTED:],
            name_limit=TAG_NAME_CHARS,
            **_rights(operator),
            **kwargs,
        )


# Each is an indexed count.
_TAGS_COUNTED = 50


def _rights(operator: Any) -> dict[str, bool]:
    return {
        "may_add": operator.has_perm(MAY_ADD),
        "may_change": operator.has_perm(MAY_CHANGE),
        "may_delete": operator.has_perm(MAY_DELETE),
        "may_mark": operator.has_perm("contacts.change_contact"),
    }
