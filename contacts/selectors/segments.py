"""Saved segments (人群): the list, their versions, and the builder's vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet

from contacts.models import Segment, SegmentVersion
from scrm.segments.choices import Choice
from scrm.segments.explain import explain
from scrm.segments.fields import FACTS, Field, read_rule, vocabulary
from scrm.segments.kinds import takes
from scrm.segments.nodes import leaves
from scrm.segments.outline import Change, changes
from scrm.segments.parse import RuleError
from scrm.segments.words import OPERATOR_WORDS

_CHOICES_SHOWN = 50
_VERSIONS_SHOWN = 30


def live_segments() -> QuerySet[Segment]:
    """Segments that are not archived, the last changed first."""
    return Segment.objects.filter(is_archived=False).order_by("-updated_at", "-pk")


def words_of(segment: Segment) -> str:
    """The rule in words; for a rule that can no longer be read, why."""
    try:
        return explain(read_rule(segment.rule))
    except RuleError as error:
        return str(error)


@dataclass(frozen=True)
class VersionShown:
    """A version with what it changed; `changes` is empty for the first and for a version one of
    whose rules can no longer be read, which `problem` says.
    """

    row: SegmentVersion
    is_current: bool
    words: str
    changes: list[Change]
    problem: str


def versions_of(segment: Segment) -> list[VersionShown]:
    """The last versions, the newest first, each compared with the one before it."""
    rows = segment.versions.select_related("created_by").order_by("-version")
    kept = list(rows[: _VERSIONS_SHOWN + 1])
    shown = [_compared(row, before, segment) for row, before in pairwise([*kept, None]) if row]
    return shown[:_VERSIONS_SHOWN]


def _compared(row: SegmentVersion, before: SegmentVersion | None, segment: Segment) -> VersionShown:
    words, problem, changed = "", "", []
    try:
        rule = read_rule(row.rule)
        words = explain(rule)
        changed = changes(read_rule(before.rule), rule) if before else []
    except RuleError as error:
        problem = str(error)
    return VersionShown(row, row.version == segment.version, words, changed, problem)


def builder_vocabulary(rule: object, *, base: str = FACTS) -> dict[str, Any]:
    """What the builder needs to draw any rule over `base`: groups of fields with their operators,
    every entry of a short choice list, and of the long ones those that `rule` names. Fields that
    are no longer offered come along where `rule` names them.
    """
    named = _named_keys(rule, base)
    groups: dict[str, list[dict[str, Any]]] = {}
    for field in vocabulary(base).values():
        if not field.is_offered and field.name not in named:
            continue
        groups.setdefault(str(field.group), []).append(_field_words(field, named))
    return {"groups": [{"label": label, "fields": fields} for label, fields in groups.items()]}


def find_choices(field: Field, query: str) -> list[Choice]:
    """Entries of a field's picker that fit what was typed."""
    return field.choices.find(query, _CHOICES_SHOWN) if field.choices is not None else []


def _field_words(field: Field, named: dict[str, list[Any]]) -> dict[str, Any]:
    choices = field.choices
    entries: list[Choice] = []
    if choices is not None:
        if choices.is_searched:
            known = choices.labels(named.get(field.name, []))
            entries = [Choice(key, label) for key, label in known.items()]
        else:
            entries = choices.find("", 1000)
    return {
        "name": field.name,
        "label": str(field.label),
        "kind": field.kind.value,
        "unit": str(field.unit),
        "help": str(field.help),
        "whole": field.whole,
        "operators": [
            {
                "name": op,
                "label": str(OPERATOR_WORDS[field.kind][op].label),
                "takes": takes(op).value,
            }
            for op in field.operators
        ],
        "searched": choices is not None and choices.is_searched,
        "choices": [{"key": entry.key, "label": entry.label} for entry in entries],
    }


def _named_keys(rule: object, base: str) -> dict[str, list[Any]]:
    """The fields the rule names with the keys it names, as far as it can be read at all."""
    try:
        node = read_rule(rule, base=base)
    except RuleError:
        return {}
    named: dict[str, list[Any]] = {}
    for _path, leaf in leaves(node):
        keys = named.setdefault(leaf.field, [])
        if isinstance(leaf.value, tuple):
            keys.extend(leaf.value)
    return named
