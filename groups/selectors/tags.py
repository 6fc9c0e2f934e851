"""Tags of customer groups (群标签): the library, what each group carries, what needs a tag."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from groups.models import (
    GroupChat,
    GroupSegment,
    GroupTag,
    GroupTagMark,
    GroupTagSet,
    NicknameRule,
)
from scrm.console.models import Operator


@dataclass(frozen=True)
class TagUse:
    """Something that still needs a tag: what it is and what it is called."""

    kind: str
    name: str


def tag_sets() -> QuerySet[GroupTagSet]:
    """Sets with their tags in order; each tag with `groups`, how many living groups carry it."""
    living = Count("marks", filter=Q(marks__group__dismissed_at__isnull=True))
    tags = GroupTag.objects.filter(is_gone=False).annotate(groups=living)
    return GroupTagSet.objects.filter(is_gone=False).prefetch_related(
        Prefetch("tags", tags.order_by("order", "pk"), to_attr="live_tags")
    )


def tag_choices() -> list[tuple[str, list[tuple[int, str]]]]:
    """Every tag under its set, as choices of a form. Two queries."""
    sets = GroupTagSet.objects.filter(is_gone=False).prefetch_related(
        Prefetch("tags", GroupTag.objects.filter(is_gone=False), to_attr="live_tags")
    )
    return [(shelf.name, [(tag.pk, tag.name) for tag in _tags(shelf)]) for shelf in sets]


def tags_of(groups: Iterable[GroupChat]) -> dict[int, list[GroupTag]]:
    """The tags of each of these groups by its key, in the library's order. One query."""
    marks = (
        GroupTagMark.objects.filter(group__in=[group.pk for group in groups], tag__is_gone=False)
        .select_related("tag")
        .order_by("tag__tag_set__order", "tag__tag_set", "tag__order", "tag")
    )
    found: dict[int, list[GroupTag]] = {}
    for mark in marks:
        found.setdefault(mark.group_id, []).append(mark.tag)
    return found


def tagged(groups: QuerySet[GroupChat], tag_ids: Collection[int]) -> QuerySet[GroupChat]:
    """Those that carry any of these tags."""
    marks = GroupTagMark.objects.filter(tag__in=tag_ids, tag__is_gone=False)
    return groups.filter(pk__in=marks.values("group"))


def uses_of(tags: Collection[GroupTag]) -> list[TagUse]:
    """Saved segments and nickname rules that name one of these tags."""
    keys = {tag.pk for tag in tags}
    segments = GroupSegment.objects.filter(is_archived=False).order_by("name")
    rules = NicknameRule.objects.exclude(state=NicknameRule.State.ENDED).filter(
        scope=NicknameRule.Scope.TAGS, tag_ids__overlap=sorted(keys)
    )
    kind, rule_kind = GroupSegment._meta.verbose_name, NicknameRule._meta.verbose_name
    return [
        *(TagUse(str(kind), row.name) for row in segments if keys & set(_named(row.rule))),
        *(TagUse(str(rule_kind), rule.name) for rule in rules.order_by("name")),
    ]


def may_tag(operator: Operator) -> bool:
    return operator.has_perm("groups.add_grouptagmark")


def _tags(shelf: Any) -> list[GroupTag]:
    found: list[GroupTag] = shelf.live_tags
    return found


def _named(rule: Any) -> Iterable[int]:
    """Keys of group tags that a rule's JSON names; it need not be readable any more."""
    if isinstance(rule, list):
        for part in rule:
            yield from _named(part)
    elif isinstance(rule, dict):
        if rule.get("field") == "chat.tag" and isinstance(rule.get("value"), list):
            yield from (key for key in rule["value"] if isinstance(key, int))
        for part in rule.values():
            if isinstance(part, list | dict):
                yield from _named(part)
