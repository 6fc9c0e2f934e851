"""The filters of the customer list, for programs: the same names and meanings as on the page."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field

from contacts.models import Contact, Gender, LostKind, Relation, Stage
from contacts.selectors.wanted import PREFERENCES, TAG_MODES, Wanted, is_asked, matching
from scrm.console.fields import DayField

_LARGEST_ID = 2**31 - 1
_MOST = 10**13
# Choices whose keys are numbers.
_NUMBERED = {"gender", "kind"}
_NAMES = tuple(field.name for field in dataclasses.fields(Wanted))


class Numbers(django_filters.BaseInFilter, django_filters.NumberFilter):  # type: ignore[misc]
    """Ids, with commas between them."""

    def __init__(self) -> None:
        super().__init__(method="wanted", min_value=0, max_value=_LARGEST_ID)


class Words(django_filters.BaseInFilter, django_filters.CharFilter):  # type: ignore[misc]
    """Words, with commas between them."""

    def __init__(self) -> None:
        super().__init__(method="wanted")


class Stages(django_filters.BaseInFilter, django_filters.ChoiceFilter):  # type: ignore[misc]
    """Lifecycle stages, with commas between them."""

    def __init__(self) -> None:
        super().__init__(method="wanted", choices=Stage.choices)


class Day(django_filters.DateFilter):  # type: ignore[misc]
    field_class = DayField

    def __init__(self) -> None:
        super().__init__(method="wanted")


def _one_of(choices: Any) -> Any:
    return django_filters.ChoiceFilter(choices=choices, method="wanted")


def _number(least: int = 0) -> Any:
    return django_filters.NumberFilter(
        method="wanted", min_value=least, max_value=_MOST, decimal_places=0
    )


class ContactFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    """Ids are ours, as in the answers; lists have commas; money is net of refunds, in fen.

    `name`, `tag` and `staff` ask for one each.
    """

    name = django_filters.CharFilter(lookup_expr="trigram_contains")
    tag = django_filters.NumberFilter(method="carrying", min_value=1, max_value=_LARGEST_ID)
    staff = django_filters.NumberFilter(method="followed_by", min_value=1, max_value=_LARGEST_ID)
    text = django_filters.CharFilter(method="wanted", max_length=64)
    tag_id = Numbers()
    tag_mode = extend_schema_field(
        {"type": "string", "enum": [mode for mode, _label in TAG_MODES]}
    )(_one_of(TAG_MODES))
    staff_id = Numbers()
    department_id = Numbers()
    group_id = Numbers()
    channel = Words()
    add_way = Numbers()
    stage = Stages()
    relation = _one_of(Relation.choices)
    lost_kind = _one_of([each for each in LostKind.choices if each[0]])
    gender = _one_of(Gender.choices)
    kind = _one_of(Contact.Kind.choices)
    preference = _one_of(PREFERENCES)
    added_from = Day()
    added_to = Day()
    orders_min = _number()
    orders_max = _number()
    spend_min = _number(-_MOST)
    spend_max = _number(-_MOST)
    last_order_from = Day()
    last_order_to = Day()

    class Meta:
        model = Contact
        fields = ()

    def filter_queryset(self, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        given = self.form.cleaned_data
        asked = {name: _read(name, given.get(name)) for name in _NAMES}
        wanted = Wanted(**{name: value for name, value in asked.items() if is_asked(value)})
        found: QuerySet[Contact] = super().filter_queryset(queryset)
        return matching(found, wanted, now=timezone.now())

    def wanted(self, rows: QuerySet[Contact], _name: str, _value: Any) -> QuerySet[Contact]:
        """Asked for all at once, in `filter_queryset`."""
        return rows

    def carrying(self, rows: QuerySet[Contact], _name: str, value: Any) -> QuerySet[Contact]:
        return rows.filter(facts__tag_ids__contains=[int(value)])

    def followed_by(self, rows: QuerySet[Contact], _name: str, value: Any) -> QuerySet[Contact]:
        return rows.filter(facts__staff_ids__contains=[int(value)])


def _read(name: str, value: Any) -> Any:
    """Django-filter gives decimals, lists and words; a filter takes whole numbers and tuples."""
    if isinstance(value, list):
        return tuple(_read(name, each) for each in value)
    if isinstance(value, Decimal) or (name in _NUMBERED and value):
        return int(value)
    return value
