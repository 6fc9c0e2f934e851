"""Record that a customer complained (登记投诉). WeCom tells nobody, so people and programs do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, Complaint
from contacts.models import Contact
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

_LONGEST_WORDS = 300
_LONGEST_ID = 64


@dataclass(frozen=True)
class ComplaintDraft:
    """What is known of it; without a broadcast, whatever reached her the day before counts."""

    contact: Contact
    at: datetime
    words: str = ""
    broadcast: Broadcast | None = None
    external_id: str = ""


def record_complaint(
    *, draft: ComplaintDraft, operator: Operator | None, now: datetime
) -> Complaint:
    """Raises InvalidInput (at, words, external_id). The same `external_id` twice is one complaint,
    and the first stays.
    """
    if draft.at > now:
        raise InvalidInput(_("That is in the future."), field="at")
    words, known_as = draft.words.replace("\0", "").strip(), draft.external_id.replace("\0", "")
    for text, most, field in (
        (words, _LONGEST_WORDS, "words"),
        (known_as, _LONGEST_ID, "external_id"),
    ):
        if len(text) > most:
            raise InvalidInput(_("At most %(most)d characters.") % {"most": most}, field=field)
    try:
        with transaction.atomic():
            complaint = Complaint.objects.create(
                contact=draft.contact,
                broadcast=draft.broadcast,
                at=draft.at,
                words=words,
                external_id=known_as,
                recorded_by=operator,
                recorded_at=now,
            )
            record_act(action="complaint.record", operator=operator, now=now, subject=complaint)
    except IntegrityError:
        return Complaint.objects.get(external_id=known_as)
    return complaint
