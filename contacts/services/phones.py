"""Show a customer's phone number in full, to who may see it, and write down that it was shown."""

from __future__ import annotations

from datetime import datetime

from contacts.models import Contact
from scrm.audit.services import record_act
from scrm.console.models import Operator


def reveal_phone(*, contact: Contact, operator: Operator, now: datetime) -> str:
    """The whole number; the operation log gets a line. Whether they may is for the door."""
    record_act(action="contact.show_phone", operator=operator, now=now, subject=contact)
    return contact.phone
