"""Record what a customer asked of us (偏好): the governor obeys it before every touch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from contacts.models import Contact, ContactEvent, Preference, Topic
from contacts.services.facts import refresh_facts
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

REASON_CHARS = 128


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

    `source` names where she said it ("console", "h5", …), `reason` is an operator's note.
    """
    words = "do_not_contact" if is_do_not_contact else "may_contact"
    values = {"is_do_not_contact": is_do_not_contact, "reason": reason.strip()[:REASON_CHARS]}
    return _write(contact_id, values, words, source=source, operator=operator, now=now)


def pause_messages(
    *,
    contact_id: int,
    until: datetime | None,
    source: str,
    operator: Operator | None,
    now: datetime,
    reason: str = "",
) -> Preference:
    """Write nothing until then (暂停推送); None ends a pause. Raises InvalidInput."""
    if until is not None and until <= now:
        raise InvalidInput(gettext("A pause must end in the future."), field="until")
    words = "resumed" if until is None else "paused"
    values = {"pause_until": until, "reason": reason.strip()[:REASON_CHARS]}
    return _write(contact_id, values, words, source=source, operator=operator, now=now)


def choose_topics(
    *,
    contact_id: int,
    topics_off: Collection[int],
    source: str,
    operator: Operator | None,
    now: datetime,
) -> Preference:
    """Switch off exactly these of the topics that are offered (主题订阅). What was said of topics
    no longer offered is kept. Raises InvalidInput for a topic that does not exist.
    """
    offered = set(Topic.objects.filter(is_active=True).values_list("pk", flat=True))
    if not offered.issuperset(topics_off):
        raise InvalidInput(gettext("This topic is not offered any more."), field="topics_off")
    kept = Preference.objects.filter(pk=contact_id).values_list("topics_off", flat=True).first()
    wanted = sorted({*topics_off, *(pk for pk in kept or () if pk not in offered)})
    values = {"topics_off": wanted}
    return _write(contact_id, values, "topics", source=source, operator=operator, now=now)


def end_links(*, contact_id: int, operator: Operator, now: datetime) -> Preference:
    """End every link to her preference page handed out so far (作废链接)."""
    with transaction.atomic():
        preference = _locked(contact_id, now=now)
        preference.link_version += 1
        preference.save(update_fields=["link_version"])
        record_act(
            action="preference.end_links",
            operator=operator,
            now=now,
            subject=preference.contact,
        )
    return preference


@transaction.atomic
def _write(
    contact_id: int,
    values: Mapping[str, Any],
    words: str,
    *,
    source: str,
    operator: Operator | None,
    now: datetime,
) -> Preference:
    preference = _locked(contact_id, now=now)
    decided = {name: value for name, value in values.items() if name != "reason"}
    if all(getattr(preference, name) == value for name, value in decided.items()):
        return preference
    for name, value in values.items():
        setattr(preference, name, value)
    preference.source, preference.updated_at = source, now
    preference.save()
    contact = preference.contact
    details = {"source": source} | ({"reason": values["reason"]} if values.get("reason") else {})
    ContactEvent.objects.create(
        contact=contact,
        kind=ContactEvent.Kind.PREFERENCE,
        at=now,
        details={"words": words, **details},
    )
    record_act(
        action=f"preference.{words}",
        operator=operator,
        now=now,
        subject=contact,
        details=details,
    )
    refresh_facts(contact_ids=[contact_id])
    return preference


def _locked(contact_id: int, *, now: datetime) -> Preference:
    """Her row, made when there is none; the customer is locked until the transaction ends."""
    contact = Contact.objects.select_for_update().get(pk=contact_id)
    preference, _made = Preference.objects.get_or_create(
        contact=contact, defaults={"updated_at": now}
    )
    preference.contact = contact
    return preference
