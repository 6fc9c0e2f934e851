"""Saved segments (人群): the list, what still uses one, and the builder's vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import ForeignKey, Q, QuerySet

from contacts.models import Segment, SegmentVersion
from scrm.segments.choices import Choice
from scrm.segments.explain import explain
from scrm.segments.fields import Field, read_rule, vocabulary
from scrm.segments.kinds import takes
from scrm.segments.nodes import leaves
from scrm.segments.parse import RuleError
from scrm.segments.words import OPERATOR_WORDS

_CHOICES_SHOWN = 50


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
class Use:
    """A row that still needs a segment: what it is and how it calls itself."""

    kind: str
    name: str


def uses_of(segment: Segment) -> list[Use]:
    """Rows of any app that point at the segment and still need it.

    Every foreign key to Segment counts. A model whose finished rows need it no longer says so
    with a class attribute `needs_segment`, a Q of the rows that do.
    """
    uses = []
    for relation in _foreign_keys():
        model = relation.model
        still: Q = getattr(model, "needs_segment", Q())
        rows = model._default_manager.filter(still, **{relation.name: segment.pk})
        kind = str(model._meta.verbose_name)
        uses += [Use(kind, str(row)) for row in rows.order_by("-pk")[:20]]
    return uses


def _foreign_keys() -> Iterator[ForeignKey[Any, Any]]:
    for relation in Segment._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            key = getattr(relation, "field", None)
            if isinstance(key, ForeignKey) and key.model is not SegmentVersion:
                yield key


def builder_vocabulary(rule: object) -> dict[str, Any]:
    """What the builder needs to draw any rule: groups of fields with their operators, every entry
    of a short choice list, and of the long ones those that `rule` names.
    """
    named = _named_keys(rule)
    groups: dict[str, list[dict[str, Any]]] = {}
    for field in vocabulary().values():
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


def _named_keys(rule: object) -> dict[str, list[Any]]:
    """Keys by field, as far as the rule can be read at all."""
    try:
        node = read_rule(rule)
    except RuleError:
        return {}
    named: dict[str, list[Any]] = {}
    for _path, leaf in leaves(node):
        if isinstance(leaf.value, tuple):
            named.setdefault(leaf.field, []).extend(leaf.value)
    return named
