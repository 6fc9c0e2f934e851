"""The shop's own profile fields (自定义画像字段): one family of fields, `profile.<key>`.

Read from `ContactFacts.profile`. Conditions that name a whole value (choice, several, yes or no,
exact text) are containment, which the index `facts_profile` serves where few fit; ranges of
numbers and days, and parts of texts, read the facts rows, as the planner would in any case where
many fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import (
    DateField,
    Expression,
    F,
    FloatField,
    JSONField,
    Lookup,
    Q,
    TextField,
    Value,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactFacts, ProfileField
from contacts.rules.profile_values import PREFIX, field_name
from scrm.segments.choices import Fixed
from scrm.segments.compile import compare
from scrm.segments.fields import Family, Field
from scrm.segments.kinds import Kind

_COLUMN = "profile"
_GROUP = _("Own profile fields")
_KINDS = {
    ProfileField.Kind.TEXT: Kind.TEXT,
    ProfileField.Kind.NUMBER: Kind.NUMBER,
    ProfileField.Kind.DATE: Kind.DATE,
    ProfileField.Kind.CHOICE: Kind.CHOICE,
    ProfileField.Kind.MULTI: Kind.SET,
    ProfileField.Kind.YES_NO: Kind.BOOL,
}

# Whether a day is known at all is asked as of every other field: by `profile_known`.
_DAYS = ("within_days", "not_within_days", "before", "after", "between")


def family() -> Family:
    return Family(prefix=PREFIX, read=_read)


def known_field() -> Field:
    """Which of the shop's fields are filled in at all, whatever with."""
    return Field(
        name="profile_known",
        label=_("Profile fields filled in"),
        group=_GROUP,
        kind=Kind.SET,
        to_q=_known_q,
        fetch=_known_values,
        choices=Fixed(lambda: ProfileField.objects.values_list("key", "label")),
        help=_("Whether something is known in the fields named, whatever it is."),
    )


def _read() -> list[Field]:
    return [_field(row) for row in ProfileField.objects.order_by("order", "pk")]


def _field(row: ProfileField) -> Field:
    kind = _KINDS[ProfileField.Kind(row.kind)]
    label = _("%(name)s (archived)") % {"name": row.label} if row.is_archived else row.label
    common: dict[str, Any] = {
        "name": field_name(row.key),
        "label": label,
        "group": _GROUP,
        "kind": kind,
        "is_offered": not row.is_archived,
    }
    if kind in _SOURCES:
        operators = _DAYS if kind is Kind.DATE else ()
        return Field(**common, expression=_SOURCES[kind](row.key), whole=False, operators=operators)
    stored = _Stored(row.key, kind)
    choices = Fixed(lambda: [(choice, choice) for choice in row.choices])
    return Field(
        **common,
        to_q=stored.to_q,
        fetch=stored.fetch,
        choices=choices if kind in {Kind.CHOICE, Kind.SET} else None,
    )


def _number(key: str) -> Callable[[datetime], Expression]:
    # Straight from JSON, and as the same float that a rule and a browser have.
    return lambda _now: Cast(KeyTransform(key, _COLUMN), FloatField())


def _day(key: str) -> Callable[[datetime], Expression]:
    return lambda _now: Cast(KeyTextTransform(key, _COLUMN), DateField())


_SOURCES = {Kind.NUMBER: _number, Kind.DATE: _day}


class HasEntry(Lookup):
    """`@>`, with the condition of the index beside it, which Postgres cannot conclude by itself."""

    lookup_name = "segment_has_entry"
    sign = "@>"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = compiler.compile(self.rhs)
        sql = f"({left} {self.sign} {right} AND NOT ({left} = '{{}}'::jsonb))"
        return sql, (*left_params, *right_params, *left_params)


class HasKey(HasEntry):
    """Something stands under this key."""

    lookup_name = "segment_has_key"
    sign = "?"


def _has(entry: Mapping[str, object]) -> Q:
    return Q(HasEntry(F(_COLUMN), Value(entry, JSONField())))


def _has_key(key: str) -> Q:
    return Q(HasKey(F(_COLUMN), Value(key, TextField())))


class _Stored:
    """One field whose conditions are about whole entries of the JSON, or about text."""

    def __init__(self, key: str, kind: Kind) -> None:
        self._key = key
        self._kind = kind

    def to_q(self, op: str, value: Any, now: datetime) -> Q:
        if op == "contains":
            return compare(KeyTextTransform(self._key, _COLUMN), op, value, now=now)
        if op == "is":
            return _has({self._key: value})
        if op == "not_empty":
            return _has_key(self._key)
        if op == "all":
            return _has({self._key: list(value)})
        wanted = [[one] for one in value] if self._kind is Kind.SET else value
        return reduce(or_, (_has({self._key: one}) for one in wanted))

    def fetch(self, contact_ids: Sequence[int], _now: datetime) -> Mapping[int, object]:
        return {
            contact_id: values[self._key]
            for contact_id, values in _profiles(contact_ids)
            if self._key in values
        }


def _known_q(op: str, value: Any, _now: datetime) -> Q:
    if op == "not_empty":
        return ~Q(profile={})
    return reduce(or_ if op == "any" else and_, map(_has_key, value))


def _known_values(contact_ids: Sequence[int], _now: datetime) -> Mapping[int, frozenset[str]]:
    return {contact_id: frozenset(values) for contact_id, values in _profiles(contact_ids)}


def _profiles(contact_ids: Sequence[int]) -> list[tuple[int, dict[str, Any]]]:
    rows = ContactFacts.objects.filter(pk__in=contact_ids)
    return list(rows.values_list("pk", "profile"))
