"""A form field that chooses some of very many rows: chips, and a search that asks while typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from scrm.console.fields import row_number, without_nul
from scrm.segments.choices import Choices
from scrm.segments.values import Key

MOST_CHOSEN = 50
_LONGEST_WORD = 64


class PickerWidget(forms.Widget):
    """Chips with a hidden input each; `contacts/picker.js` adds and removes them."""

    template_name = "contacts/picker.html"
    labels: dict[Key, str]
    url: str | Promise = reverse_lazy("console:contact-choices")

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.labels = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return data.getlist(name) if hasattr(data, "getlist") else list(data.get(name, []))

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """By the project's templates; those of forms come from installed packages alone."""
        widget = self.get_context(name, value, attrs)["widget"]
        widget |= {"chosen": self.labels.items(), "url": self.url, "most": MOST_CHOSEN}
        return mark_safe(render_to_string(self.template_name, {"widget": widget}))  # noqa: S308


class PickerField(forms.Field):
    """Gives a tuple of keys; raises for what `choices` do not know. Set `choices` before use."""

    default_error_messages = {
        "unknown": _("One of the entries does not exist or is not for you to see."),
        "many": _("At most %(most)d entries."),
    }
    widget = PickerWidget
    choices: Choices

    def __init__(self, *, is_text: bool = False, **options: Any) -> None:
        super().__init__(required=False, **options)
        self._is_text = is_text

    def clean(self, value: Any) -> tuple[Key, ...]:
        keys = self._keys([text for text in dict.fromkeys(value or []) if text])
        labels = self.choices.labels(keys) if keys else {}
        if any(key not in labels for key in keys):
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        self.widget.labels = {key: labels[key] for key in keys}
        return tuple(keys)

    def _keys(self, texts: Sequence[str]) -> list[Key]:
        if len(texts) > MOST_CHOSEN:
            words = self.error_messages["many"] % {"most": MOST_CHOSEN}
            raise forms.ValidationError(words, code="many")
        if self._is_text:
            return [without_nul(text)[:_LONGEST_WORD] for text in texts]
        numbers = [row_number(text) for text in texts]
        if None in numbers:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return [number for number in numbers if number is not None]
