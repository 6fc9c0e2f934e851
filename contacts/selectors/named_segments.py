"""Segments that rules name: what they pick, and which segments a rule is made of."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

from django.db.models import Q

from contacts.models import Segment
from scrm.segments.choices import Choice, Rows
from scrm.segments.fields import read_rule
from scrm.segments.nodes import Node, leaves
from scrm.segments.parse import RuleError
from scrm.segments.values import Key

# The fields by which a rule names segments, and static ones.
SEGMENT, STATIC = "segment", "segment.static"

_ROWS = Rows("contacts.Segment", offered=Q(is_archived=False), order=("-updated_at",))
# What is being read right now: a rule that leads back to itself must end somewhere.
_reading: ContextVar[frozenset[int]] = ContextVar("segments_being_read", default=frozenset())


class ReadableSegments:
    """Segments as choices. One whose own rule cannot be read is no choice: under a negation it
    would let everybody in.
    """

    is_searched = True

    def find(self, query: str, limit: int) -> list[Choice]:
        return _ROWS.find(query, limit)

    def labels(self, keys: Sequence[Key]) -> dict[Key, str]:
        found = _ROWS.labels(keys)
        readable = rules_of([key for key in found if isinstance(key, int)])
        return {key: label for key, label in found.items() if key in readable}


def rules_of(segment_ids: Sequence[int]) -> dict[int, Node]:
    """The rules of these segments, without those that can no longer be read."""
    rules = {}
    for segment in Segment.objects.filter(pk__in=segment_ids).only("rule"):
        if segment.pk in _reading.get():
            continue
        token = _reading.set(_reading.get() | {segment.pk})
        try:
            rules[segment.pk] = read_rule(segment.rule)
        except RuleError:
            continue
        finally:
            _reading.reset(token)
    return rules


def named_in(rule: Node, *fields: str) -> set[int]:
    """The segments a rule names itself, by `segment` and `segment.static` or by those given."""
    wanted = fields or (SEGMENT, STATIC)
    return {
        key
        for _path, leaf in leaves(rule)
        if leaf.field in wanted and isinstance(leaf.value, tuple)
        for key in leaf.value
        if isinstance(key, int)
    }


def levels_below(rule: Node) -> list[set[int]]:
    """The segments a rule is made of, level by level, each at its first; one query a level."""
    levels: list[set[int]] = []
    seen: set[int] = set()
    level = named_in(rule, SEGMENT)
    while level:
        levels.append(level)
        seen |= level
        level = {
            pk for below in rules_of(sorted(level)).values() for pk in named_in(below, SEGMENT)
        }
        level -= seen
    return levels
