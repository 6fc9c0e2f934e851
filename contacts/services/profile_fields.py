"""Define profile fields (画像字段) and write what is known of a customer into them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_noop

from contacts.models import Contact, ProfileField, ValueSource
from contacts.rules.profile_values import (
    TEXT_CHARS,
    BadProfileValue,
    Kind,
    Problem,
    field_name,
    read_value,
)
from contacts.selectors.segment_uses import rules_naming
from contacts.services.facts import refresh_facts
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.typed import one_line

MOST_FIELDS = 100
MOST_CHOICES, CHOICE_CHARS, LABEL_CHARS = 100, 64, 32
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LISTED = (ProfileField.Kind.CHOICE, ProfileField.Kind.MULTI)

PROBLEM_WORDS = {
    Problem.NO_TEXT: gettext_noop("“%(label)s” takes text."),
    Problem.TOO_LONG: gettext_noop("“%(label)s” takes %(most)d characters at most."),
    Problem.NO_NUMBER: gettext_noop("“%(label)s” takes a number."),
    Problem.NO_DAY: gettext_noop("“%(label)s” takes a day, such as 2026-03-10."),
    Problem.NO_CHOICE: gettext_noop("“%(label)s” takes what its list offers."),
    Problem.NO_YES: gettext_noop("“%(label)s” takes yes or no."),
}


def create_profile_field(
    *,
    label: str,
    kind: str,
    now: datetime,
    operator: Operator,
    key: str = "",
    choices: Sequence[str] = (),
    order: int = 100,
) -> ProfileField:
    """A new field. Without a key it gets one. Raises InvalidInput (label, key, kind, choices)."""
    key = key.strip()
    if kind not in ProfileField.Kind.values:
        raise InvalidInput(gettext("There is no such kind of field."), field="kind")
    if key and not _KEY.fullmatch(key):
        raise InvalidInput(
            gettext("A key is made of small letters, digits and “_”, and begins with a letter."),
            field="key",
        )
    if ProfileField.objects.filter(is_archived=False).count() >= MOST_FIELDS:
        raise InvalidInput(
            gettext("There are %(most)d fields already; archive some.") % {"most": MOST_FIELDS}
        )
    row = ProfileField(
        key=key or _free_key(),
        label=_clean_label(label),
        kind=kind,
        choices=_clean_choices(choices, kind),
        order=order,
        created_at=now,
    )
    if key and ProfileField.objects.filter(key=key).exists():
        raise InvalidInput(gettext("Another field has this key."), field="key")
    _save(row, "profile_field.create", operator=operator, now=now)
    return row


def change_profile_field(
    *,
    field_id: int,
    now: datetime,
    operator: Operator,
    label: str | None = None,
    choices: Sequence[str] | None = None,
    order: int | None = None,
    is_archived: bool | None = None,
) -> ProfileField:
    """Change a field; None leaves a part alone. Key and kind stay for ever, because values were
    written by them. Values no longer offered stay where they are; one that a rule names must stay
    offered, or nobody could read the rule any more. Raises InvalidInput.
    """
    row = ProfileField.objects.get(pk=field_id)
    if label is not None:
        row.label = _clean_label(label)
    if choices is not None:
        kept = _clean_choices(choices, row.kind)
        _refuse_named(row, [choice for choice in row.choices if choice not in kept])
        row.choices = kept
    if order is not None:
        row.order = order
    if is_archived is not None:
        row.is_archived = is_archived
    _save(row, "profile_field.change", operator=operator, now=now)
    return row


def set_profile_values(
    *,
    contact_id: int,
    values: Mapping[str, object],
    source: str,
    operator: Operator | None,
    now: datetime,
    by: str = "",
) -> list[str]:
    """Write values by field key; an empty one takes what was there away. Answers changed keys.

    What stays the same keeps its source and age. `by` names who is no operator, such as a file.
    Raises InvalidInput with the key as its field; then nothing is written.
    """
    fields = {row.key: row for row in ProfileField.objects.filter(is_archived=False)}
    read = {key: _read(fields, key, given) for key, given in values.items()}
    who = operator.get_username() if operator else by
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact_id)
        kept = dict(contact.profile)
        changed = [key for key, value in read.items() if _known(kept, key) != value]
        for key in changed:
            kept.pop(key, None)
            if read[key] is not None:
                kept[key] = {
                    "value": read[key],
                    "source": ValueSource(source).value,
                    "at": now.isoformat(),
                    "by": who,
                }
        if not changed:
            return []
        contact.profile = kept
        contact.save(update_fields=["profile"])
        refresh_facts(contact_ids=[contact_id])
        record_act(
            action="contact.set_profile",
            operator=operator,
            now=now,
            subject=contact,
            details={"fields": sorted(changed), "source": source},
        )
    return sorted(changed)


def _refuse_named(row: ProfileField, gone: Sequence[str]) -> None:
    for choice in gone:
        uses = rules_naming(field_name(row.key), choice)
        if uses:
            names = ", ".join(f"{use.kind} {use.name}" for use in uses)
            raise InvalidInput(
                gettext("“%(choice)s” cannot go: %(uses)s asks for it.")
                % {"choice": choice, "uses": names},
                field="choices",
            )


def _known(profile: Mapping[str, Any], key: str) -> object:
    entry = profile.get(key)
    return entry.get("value") if isinstance(entry, dict) else None


def _read(fields: Mapping[str, ProfileField], key: str, given: object) -> object:
    row = fields.get(key)
    if row is None:
        raise InvalidInput(gettext("There is no profile field “%(key)s”.") % {"key": key[:40]})
    try:
        return read_value(cast("Kind", row.kind), given, row.choices)
    except BadProfileValue as error:
        words = gettext(PROBLEM_WORDS[error.problem])
        raise InvalidInput(words % {"label": row.label, "most": TEXT_CHARS}, field=key) from None


def _free_key() -> str:
    taken = set(ProfileField.objects.values_list("key", flat=True))
    return next(key for number in range(1, 10_000) if (key := f"field_{number}") not in taken)


def _clean_label(label: str) -> str:
    label = one_line(label)
    if not label:
        raise InvalidInput(gettext("Give the field a name."), field="label")
    if len(label) > LABEL_CHARS:
        raise InvalidInput(
            gettext("At most %(most)d characters.") % {"most": LABEL_CHARS}, field="label"
        )
    return label


def _clean_choices(choices: Sequence[str], kind: str) -> list[str]:
    cleaned = [one_line(choice) for choice in choices]
    wanted = list(dict.fromkeys(choice for choice in cleaned if choice))
    if kind not in _LISTED:
        return []
    if not wanted:
        raise InvalidInput(gettext("Name at least one choice."), field="choices")
    if len(wanted) > MOST_CHOICES or max(map(len, wanted)) > CHOICE_CHARS:
        raise InvalidInput(
            gettext("At most %(most)d choices of %(chars)d characters.")
            % {"most": MOST_CHOICES, "chars": CHOICE_CHARS},
            field="choices",
        )
    return wanted


def _save(row: ProfileField, action: str, *, operator: Operator, now: datetime) -> None:
    try:
        with transaction.atomic():
            row.save()
            record_act(
                action=action,
                operator=operator,
                now=now,
                subject=row,
                details={"label": row.label, "archived": row.is_archived},
            )
    except IntegrityError:
        raise InvalidInput(gettext("Another field has this name."), field="label") from None
