"""Note what was said or done (跟进记录)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from contacts.models import NOTE_CHARS, Contact, ContactNote
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

_SECOND_PRESS = timedelta(minutes=5)


def write_note(*, contact_id: int, text: str, operator: Operator, now: datetime) -> ContactNote:
    """Append a note. The same words by the same operator as the last thing noted, within five
    minutes, are a second press of the button and written once. Raises InvalidInput.
    """
    text = text.replace("\0", "").strip()
    if not text:
        raise InvalidInput(gettext("The note is empty."), field="text")
    if len(text) > NOTE_CHARS:
        raise InvalidInput(
            gettext("A note has %(most)d characters at most.") % {"most": NOTE_CHARS}, field="text"
        )
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact_id)
        last = ContactNote.objects.filter(contact=contact).order_by("-at", "-pk").first()
        if last is not None and _is_the_same(last, text, operator, now):
            return last
        note = ContactNote.objects.create(contact=contact, author=operator, text=text, at=now)
        record_act(action="contact.note", operator=operator, now=now, subject=contact)
    return note


def _is_the_same(last: ContactNote, text: str, operator: Operator, now: datetime) -> bool:
    is_equal = (last.text, last.author_id) == (text, operator.pk)
    return is_equal and now - last.at < _SECOND_PRESS
