"""What still needs a segment, or another thing that rules name (使用处)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, F, ForeignKey, Func, JSONField, Model, Q, QuerySet, Value

from contacts.models import Segment, SegmentMember, SegmentVersion
from contacts.selectors.named_segments import SEGMENT, STATIC
from scrm.segments.values import Key

_SHOWN = 20
# Rows that are part of a segment, not users of it.
_PARTS: tuple[type[Model], ...] = (Segment, SegmentVersion, SegmentMember)


@dataclass(frozen=True)
class Use:
    """A row that still needs something: what it is, how it calls itself, its page if it has one."""

    kind: str
    name: str
    url: str = ""


def uses_of(segment: Segment) -> list[Use]:
    """Rows of any app that still need the segment: by a foreign key, or by a rule that names it.

    Every foreign key to Segment counts. A model whose finished rows need it no longer says so
    with a class attribute `needs_segment`, a Q of the rows that do. A model that keeps a rule
    of its own beside that key calls the column `rule`. `get_absolute_url` gives the page.
    """
    found: list[Use] = []
    for key in _foreign_keys():
        found += _shown(_needing(key.model).filter(**{key.name: segment.pk}))
    named = rules_naming(SEGMENT, segment.pk) + rules_naming(STATIC, segment.pk)
    own = Use(str(Segment._meta.verbose_name), str(segment), segment.get_absolute_url())
    return list(dict.fromkeys(use for use in (*found, *named) if use != own))


def rules_naming(field: str, key: Key) -> list[Use]:
    """Segments, and rows that keep a rule of their own, whose rule names `key` by this field."""
    return _with_rules(_PathExists(F("rule"), Value({"field": field, "key": key}, JSONField())))


def rules_asking(field: str) -> list[Use]:
    """Segments, and rows that keep a rule of their own, whose rule asks for this field at all."""
    return _with_rules(_AsksFor(F("rule"), Value({"field": field}, JSONField())))


def _with_rules(names: Func) -> list[Use]:
    found = _shown(Segment.objects.filter(names, is_archived=False))
    for relation in _foreign_keys():
        if _has_rule(relation.model):
            found += _shown(_needing(relation.model).filter(names))
    return found


class _PathExists(Func):
    """Whether a condition of the rule, wherever it stands, names the key."""

    arg_joiner = ", '$.** ? (@.field == $field && @.value[*] == $key)', "
    function = "jsonb_path_exists"
    output_field = BooleanField()


class _AsksFor(_PathExists):
    """Whether a condition of the rule, wherever it stands, is about the field."""

    arg_joiner = ", '$.** ? (@.field == $field)', "


def _needing(model: type[Model]) -> QuerySet[Any]:
    still: Q = getattr(model, "needs_segment", Q())
    return model._default_manager.filter(still)


def _shown(rows: QuerySet[Any]) -> list[Use]:
    return [
        Use(
            str(row._meta.verbose_name),
            str(row),
            row.get_absolute_url() if hasattr(row, "get_absolute_url") else "",
        )
        for row in rows.order_by("-pk")[:_SHOWN]
    ]


def _has_rule(model: type[Model]) -> bool:
    return any(
        isinstance(field, JSONField) and field.name == "rule" for field in model._meta.fields
    )


def _foreign_keys() -> Iterator[ForeignKey[Any, Any]]:
    for relation in Segment._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            key = getattr(relation, "field", None)
            if isinstance(key, ForeignKey) and key.model not in _PARTS:
                yield key
