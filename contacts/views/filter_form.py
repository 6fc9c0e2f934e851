"""The search form of the customer list."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import Department, Relation, Stage, TagGroup
from contacts.selectors.contact_list import DEFAULT_SORT, SORTS, Wanted
from contacts.selectors.visibility import visible_staff
from scrm.console.fields import DayField
from scrm.console.models import Operator

WANTED = tuple(field.name for field in dataclasses.fields(Wanted))
ANY: tuple[Any, str] = ("", "–")
SORT_LABELS = {
    "newest": _("Newest friends first"),
    "oldest": _("Oldest friends first"),
    "last_order": _("Latest order first"),
    "orders": _("Most orders first"),
    "spend": _("Highest spend first"),
}


class ContactFilter(forms.Form):
    """What an operator may ask the list for; a value that is not offered is refused."""

    text = forms.CharField(label=_("Name, remark, end of phone"), required=False, max_length=64)
    tag_id = forms.TypedChoiceField(label=_("Tag"), required=False, coerce=int, empty_value=None)
    staff_id = forms.TypedChoiceField(
        label=_("Staff"), required=False, coerce=int, empty_value=None
    )
    department_id = forms.TypedChoiceField(
        label=_("Department"), required=False, coerce=int, empty_value=None
    )
    stage = forms.ChoiceField(label=_("Stage"), required=False, choices=[ANY, *Stage.choices])
    relation = forms.ChoiceField(
        label=_("Relation"), required=False, choices=[ANY, *Relation.choices]
    )
    added_from = DayField(label=_("Added from"))
    added_to = DayField(label=_("Added until"))
    sort = forms.ChoiceField(
        label=_("Sort"), required=False, choices=[(name, SORT_LABELS[name]) for name in SORTS]
    )

    def __init__(self, data: Any, *, operator: Operator) -> None:
        super().__init__(data)
        self._choose("tag_id", [ANY, *_grouped_tags()])
        staff = visible_staff(operator).order_by("name")
        self._choose("staff_id", [ANY, *((member.pk, str(member)) for member in staff)])
        wanted = {number for member in staff for number in member.department_wecom_ids}
        departments = Department.objects.filter(wecom_id__in=wanted, is_gone=False)
        self._choose(
            "department_id",
            [ANY, *departments.order_by("order", "name").values_list("pk", "name")],
        )

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def wanted(self) -> Wanted:
        """What was asked for; a field that holds nonsense asks for nothing."""
        self.is_valid()
        asked = {name: self.cleaned_data.get(name) for name in WANTED}
        return Wanted(**{name: value for name, value in asked.items() if value})

    def sort_name(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("sort") or DEFAULT_SORT


def _grouped_tags() -> list[tuple[str, list[tuple[int, str]]]]:
    groups = TagGroup.objects.filter(is_gone=False).prefetch_related("tags")
    return [
        (group.name, [(tag.pk, tag.name) for tag in group.tags.all() if not tag.is_gone])
        for group in groups
    ]
