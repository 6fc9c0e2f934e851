"""Profile fields (画像字段) and what is known of a customer in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, ProfileField, ValueSource


@dataclass(frozen=True)
class ShownField:
    """One field of one customer: the value as JSON and in words, where from (ValueSource),
    since when, by whom.

    Without a value `at` is None and the words are empty.
    """

    field: ProfileField
    value: Any = None
    words: str = ""
    source: str = ""
    at: datetime | None = None
    by: str = ""

    @property
    def is_known(self) -> bool:
        return self.at is not None

    @property
    def source_words(self) -> str:
        known = self.source in ValueSource.values
        return str(ValueSource(self.source).label) if known else self.source


def live_fields() -> QuerySet[ProfileField]:
    """Fields in use, in their order."""
    return ProfileField.objects.filter(is_archived=False).order_by("order", "pk")


def shown_fields(contact: Contact) -> list[ShownField]:
    """Every field in use with what is known of this customer. One query."""
    return [_shown(field, contact.profile.get(field.key)) for field in live_fields()]


def _shown(field: ProfileField, entry: Any) -> ShownField:
    if not isinstance(entry, dict) or "value" not in entry:
        return ShownField(field)
    value = entry["value"]
    return ShownField(
        field=field,
        value=value,
        words=_words(value),
        source=str(entry.get("source", "")),
        at=datetime.fromisoformat(entry["at"]),
        by=str(entry.get("by", "")),
    )


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
