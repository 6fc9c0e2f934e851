"""What operators and scripts write into addresses and forms, read with caution."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from scrm.errors import InvalidInput, ScrmError

_SELECTED = mark_safe(" selected")
_LARGEST_KEY = 2**63 - 1
# Wide enough for every day of business, narrow enough that a day more or a time zone never
# leads out of the calendar.
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)


def row_number(text: str) -> int | None:
    """The key of a row as an address gives it; None for what no row can have."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 19:
        return None
    number = int(text)
    return number if number <= _LARGEST_KEY else None


def blame(form: forms.BaseForm, error: ScrmError) -> None:
    """Show a refusal at the field it names, or above the form."""
    field = error.field if isinstance(error, InvalidInput) else ""
    form.add_error(field if field in form.fields else None, str(error))


def without_nul(text: str) -> str:
    """Text for a search; Postgres knows no NUL."""
    return text.replace("\0", "")


class LongSelect(forms.Select):
    """A drop-down of thousands of entries, written at once: Django renders a template for each."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        entries = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                ("" if key is None else key, _SELECTED if str(key) in chosen else "", label)
                for key, label in self.choices
            ),
        )
        named = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        return format_html("<select{}>{}</select>", flatatt(named), entries)


class DayField(forms.DateField):
    """A day in a filter, optional."""

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {
            "required": False,
            "widget": forms.DateInput(attrs={"type": "date"}),
            "validators": [MinValueValidator(_FIRST_DAY), MaxValueValidator(_LAST_DAY)],
        }
        super().__init__(**{**defaults, **options})
