"""The filters of the customer list as a form: what may be asked, chips, the address of it all."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, Gender, LostKind, Relation
from contacts.selectors.contact_list import DEFAULT_SORT, SORTS
from contacts.selectors.list_choices import sources
from contacts.selectors.wanted import PREFERENCES, TAG_MODES, TagMode, Wanted, is_asked
from contacts.views.pickers import PickerField
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
# What stands above the fold; the others are "more filters".
FIRST = ("text", "tag_id", "tag_mode", "staff_id", "stage", "sort")
_MOST_ORDERS, _MOST_YUAN = 1_000_000, 10**11


class NumberField(forms.IntegerField):
    """A whole number of a filter, optional."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, min_value=0, max_value=_MOST_ORDERS, **options)


class YuanField(forms.DecimalField):
    """An amount typed in yuan, optional; gives integer fen."""

    def __init__(self, **options: Any) -> None:
        most = Decimal(_MOST_YUAN)
        super().__init__(
            required=False, decimal_places=2, min_value=-most, max_value=most, **options
        )

    def clean(self, value: Any) -> Any:
        yuan = super().clean(value)
        return None if yuan is None else int(yuan * 100)


class OneOf(forms.TypedChoiceField):
    """One entry of a short list, or none."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(required=False, choices=[ANY, *choices], empty_value=None, **options)


@dataclass(frozen=True)
class Chip:
    """A filter that is on: its words, and the address of the list without it."""

    label: str
    without: str


class ContactFilter(forms.Form):
    """What an operator may ask the list for; a value that is not offered is refused."""

    text = forms.CharField(label=_("Name, remark, end of phone"), required=False, max_length=64)
    tag_id = PickerField(label=_("Tags"))
    tag_mode = forms.ChoiceField(label=_("Customers with"), required=False, choices=TAG_MODES)
    staff_id = PickerField(label=_("Staff"))
    stage = PickerField(label=_("Stage"), is_text=True)
    department_id = PickerField(label=_("Department"))
    group_id = PickerField(label=_("In the customer group"))
    channel = PickerField(label=_("Channel"), is_text=True)
    add_way = PickerField(label=_("Add way"))
    added_from = DayField(label=_("Added from"))
    added_to = DayField(label=_("Added until"))
    relation = OneOf(Relation.choices, label=_("Relation"))
    lost_kind = OneOf([each for each in LostKind.choices if each[0]], label=_("Kind of loss"))
    gender = OneOf(Gender.choices, label=_("Gender"), coerce=int)
    kind = OneOf(Contact.Kind.choices, label=_("Kind of account"), coerce=int)
    preference = OneOf(PREFERENCES, label=_("Preference"))
    orders_min = NumberField(label=_("Orders from"))
    orders_max = NumberField(label=_("Orders up to"))
    spend_min = YuanField(label=_("Net spend from (yuan)"))
    spend_max = YuanField(label=_("Net spend up to (yuan)"))
    last_order_from = DayField(label=_("Last order from"))
    last_order_to = DayField(label=_("Last order until"))
    sort = forms.ChoiceField(
        label=_("Sort"), required=False, choices=[(name, SORT_LABELS[name]) for name in SORTS]
    )

    def __init__(self, data: Any, *, operator: Operator) -> None:
        super().__init__(data)
        offered = sources(operator)
        for name, field in list(self.fields.items()):
            if isinstance(field, PickerField):
                if name in offered:
                    field.choices = offered[name]
                else:
                    del self.fields[name]

    def wanted(self) -> Wanted:
        """What was asked for; a field that holds nonsense asks for nothing."""
        self.is_valid()
        asked: dict[str, Any] = {name: self.cleaned_data.get(name) for name in WANTED}
        return Wanted(**{name: value for name, value in asked.items() if is_asked(value)})

    def sort_name(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("sort") or DEFAULT_SORT

    def first_fields(self) -> list[Any]:
        return [self[name] for name in FIRST if name in self.fields]

    def more_fields(self) -> list[Any]:
        return [field for field in self if field.name not in FIRST]

    @property
    def has_more(self) -> bool:
        """Whether something is asked for, or wrong, below the fold."""
        return bool((self.wanted().asked() | set(self.errors)) - set(FIRST))

    def query(self, *, without: str = "") -> str:
        """The address of this filter and sort: what is valid, in the form's order, nothing else."""
        self.is_valid()
        pairs: list[tuple[str, str]] = []
        for name in self.fields:
            if name in self.errors or name == without:
                continue
            if name == "tag_mode" and (without == "tag_id" or not self.cleaned_data.get("tag_id")):
                continue
            given = self[name].data
            texts = given if isinstance(given, list) else [given]
            pairs += [(name, text) for text in dict.fromkeys(texts) if text]
        return urlencode([pair for pair in pairs if pair not in _UNSAID])

    def chips(self) -> Iterator[Chip]:
        """The filters that are on, in the form's order."""
        asked = self.wanted().asked()
        for name in self.fields:
            if name in asked:
                words = f"{self[name].label}: {self._words(name)}"
                yield Chip(words, self.query(without=name) or "view=0")

    def _words(self, name: str) -> str:
        field, value = self.fields[name], self.cleaned_data[name]
        if isinstance(field, PickerField):
            words = "、".join(field.widget.labels.values())
            mode = self.cleaned_data.get("tag_mode") or TagMode.ANY
            if name == "tag_id" and (len(value) > 1 or mode == TagMode.NONE):
                words += f" ({dict(TAG_MODES)[mode]})"
            return words
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]  # flat pairs
        return str(self[name].data)


# What an address need not say.
_UNSAID = {("tag_mode", TagMode.ANY.value), ("sort", DEFAULT_SORT)}
