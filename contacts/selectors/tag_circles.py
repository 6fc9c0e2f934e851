"""Whether a tag kept by a segment would depend on itself, and by which way (循环依赖)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from django.utils.translation import gettext as _

from contacts.models import Segment, Tag, TagRule
from contacts.selectors.named_segments import SEGMENT, named_in, rules_of
from scrm.segments.nodes import Node, leaves

# A condition that any tag would change.
_ANY = 0


@dataclass(frozen=True)
class _At:
    """A segment on the way from the tag, with the words of the way so far."""

    segment_id: int
    words: tuple[str, ...]


def circle_of(tag: Tag, segment: Segment) -> tuple[str, ...]:
    """The shortest way on which a tag kept by this segment leads back to the tag, in words from
    the tag to the tag; empty when there is none.

    Follows segments that rules name, and the segments that keep other tags. A segment whose rule
    can no longer be read leads nowhere. Two queries, and two for each segment on the way.
    """
    kept = {keeper.tag_id: keeper for keeper in TagRule.objects.select_related("tag", "segment")}
    start = _At(segment.pk, (_tag_words(tag), _segment_words(segment)))
    waiting, seen = deque([start]), {segment.pk}
    while waiting:
        here = waiting.popleft()
        rule = rules_of([here.segment_id]).get(here.segment_id)
        if rule is None:
            continue
        asked = _tags_asked(rule)
        if asked & {tag.pk, _ANY}:
            last = _tag_words(tag) if tag.pk in asked else _("any tag")
            return (*here.words, last)
        for following in _following(here, rule, [kept[pk] for pk in sorted(asked & set(kept))]):
            if following.segment_id not in seen:
                seen.add(following.segment_id)
                waiting.append(following)
    return ()


def _following(here: _At, rule: Node, kept: list[TagRule]) -> list[_At]:
    named = Segment.objects.filter(pk__in=named_in(rule, SEGMENT)).order_by("pk")
    inside = [_At(part.pk, (*here.words, _segment_words(part))) for part in named]
    behind = [
        _At(
            keeper.segment_id, (*here.words, _tag_words(keeper.tag), _segment_words(keeper.segment))
        )
        for keeper in kept
    ]
    return [*inside, *behind]


def _tags_asked(rule: Node) -> set[int]:
    """The tags a rule itself asks for; _ANY where any tag would do."""
    asked: set[int] = set()
    for _path, leaf in leaves(rule):
        if leaf.field == "tag.count":
            asked.add(_ANY)
        if leaf.field == "tag":
            named = leaf.value if isinstance(leaf.value, tuple) else (_ANY,)
            asked |= {value for value in named if isinstance(value, int)}
    return asked


def _tag_words(tag: Tag) -> str:
    return _("tag “%(name)s”") % {"name": tag.name}


def _segment_words(segment: Segment) -> str:
    return _("segment “%(name)s”") % {"name": segment.name}
