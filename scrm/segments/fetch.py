"""Read the facts that a rule asks for, for a handful of customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import F

from scrm.segments.days import business_day
from scrm.segments.fields import FACTS, Field, field_named
from scrm.segments.kinds import Kind

Values = dict[str, object]


def values_of(
    contact_ids: Sequence[int], names: Iterable[str], *, now: datetime, base: str = FACTS
) -> dict[int, Values]:
    """What `evaluate` needs: by customer, the value of each named field; empty facts are None,
    empty sets frozenset(). Customers without a facts row are left out. One query for all facts of
    the row, one more for each field that lives elsewhere.
    """
    fields = [field_named(name) for name in dict.fromkeys(names)]
    own = [field for field in fields if _is_own(field)]
    rows = _own_values(contact_ids, own, now, base)
    for field in fields:
        if not _is_own(field):
            found = _values_elsewhere(field, list(rows), now)
            for contact_id, values in rows.items():
                values[field.name] = _normal(field, found.get(contact_id))
    return rows


def _is_own(field: Field) -> bool:
    return field.to_q is None and field.model == field.base


def _own_values(
    contact_ids: Sequence[int], fields: Sequence[Field], now: datetime, base: str
) -> dict[int, Values]:
    sources: dict[str, Any] = {
        f"fact_{index}": field.expression(now) if field.expression else F(field.column)
        for index, field in enumerate(fields)
    }
    rows = apps.get_model(base)._default_manager.filter(pk__in=contact_ids)
    return {
        contact_id: {
            field.name: _normal(field, value) for field, value in zip(fields, facts, strict=True)
        }
        for contact_id, *facts in rows.annotate(**sources).values_list("pk", *sources)
    }


def _values_elsewhere(
    field: Field, contact_ids: Sequence[int], now: datetime
) -> Mapping[int, object]:
    if field.fetch is not None:
        return field.fetch(contact_ids, now)
    rows = apps.get_model(field.model)._default_manager.filter(
        field.where, **{f"{field.contact}__in": contact_ids}
    )
    pairs = rows.values_list(field.contact, field.column)
    if field.kind is not Kind.SET:
        return dict(pairs)
    many: defaultdict[int, set[object]] = defaultdict(set)
    for contact_id, key in pairs:
        many[contact_id].add(key)
    return many


def _normal(field: Field, value: object) -> object:
    if field.kind is Kind.SET:
        return frozenset(value) if isinstance(value, Iterable) else frozenset()
    return business_day(value) if isinstance(value, datetime) else value
