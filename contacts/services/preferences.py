"""Record what a customer asked of us (偏好): the governor obeys it before every touch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from contacts.models import Contact, ContactEvent, Preference
from contacts.services.facts import refresh_facts
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput


def set_do_not_contact(
    *,
    contact_id: int,
    is_do_not_contact: bool,
    source: str,
    operator: Operator | None,
    now: datetime,
    reason: str = "",
) -> Preference:
    """Never write to her again (免打扰), or again after all. No operator: she said so herself.

    `source` names where she said it ("console", "h5", …), `reason` is what was said, if anything.
    """
    words = "do_not_contact" if is_do_not_contact else "may_contact"
    values = {"is_do_not_contact": is_do_not_contact}
    return _write(
        contact_id, values, words, source=source, operator=operator, now=now, reason=reason
    )


def pause_messages(
    *,
    contact_id: int,
    until: datetime | None,
    source: str,
    operator: Operator | None,
    now: datetime,
) -> Preference:
    """Write nothing until then (暂停推送); None ends a pause. Raises InvalidInput."""
    if until is not None and until <= now:
        raise InvalidInput(gettext("A pause must end in the future."), field="until")
    words = "resumed" if until is None else "paused"
    values = {"pause_until": until}
    return _write(contact_id, values, words, source=source, operator=operator, now=now)


@transaction.atomic
def _write(
    contact_id: int,
    values: Mapping[str, Any],
    words: str,
    *,
    source: str,
    operator: Operator | None,
    now: datetime,
    reason: str = "",
) -> Preference:
    contact = Contact.objects.select_for_update().get(pk=contact_id)
    preference, _made = Preference.objects.get_or_create(
        contact=contact, defaults={"updated_at": now}
    )
    if all(getattr(preference, name) == value for name, value in values.items()):
        return preference
    for name, value in values.items():
        setattr(preference, name, value)
    preference.source, preference.updated_at = source, now
    preference.save()
    ContactEvent.objects.create(
        contact=contact,
        kind=ContactEvent.Kind.PREFERENCE,
        at=now,
        details={"words": words, "source": source, **({"why": reason} if reason else {})},
    )
    record_act(
        action=f"preference.{words}",
        operator=operator,
        now=now,
        subject=contact,
        details={"source": source},
    )
    refresh_facts(contact_ids=[contact_id])
    return preference
