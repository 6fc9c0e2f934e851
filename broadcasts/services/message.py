"""What one batch says, as WeCom takes it (群发内容组装)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from broadcasts.models import Batch, Recipient
from broadcasts.policy.variables import of_customer
from broadcasts.selectors.variables import fill_for_batch, fill_for_customer
from broadcasts.services.links import tracked
from broadcasts.services.media import attachments_for_wecom
from contacts.models import Contact

Message = dict[str, Any]


def message_of(batch: Batch, *, now: datetime) -> Message:
    """{"text": …, "attachments": […]} of the batch's version, with the sender's own facts filled
    in, files uploaded where WeCom lacks them, and links that tell who opened them.

    Calls WeCom for uploads, so call it outside transactions. Raises InvalidInput for a material
    that cannot be sent, WeComError when an upload failed: nothing was handed over then.
    """
    broadcast, variant = batch.broadcast, batch.variant
    source = broadcast if variant is None else variant
    return {
        "text": _text(batch, source.text),
        "attachments": tracked(
            attachments_for_wecom(source.attachments, now=now),
            broadcast=broadcast,
            variant="" if variant is None else variant.letter,
            now=now,
        ),
    }


def last_message(batch: Batch) -> Message:
    """What the last call of a batch handed over; batches of before it was kept had one form."""
    said: Message | None = batch.message
    if said is not None:
        return said
    return {"text": batch.broadcast.text, "attachments": batch.broadcast.attachments}


def _text(batch: Batch, text: str) -> str:
    if batch.size == 1 and of_customer(text):
        recipient = Recipient.objects.filter(batch=batch).first()
        if recipient is not None:
            contact = Contact.objects.get(pk=recipient.contact_id)
            return fill_for_customer(text, contact, batch.staff)
    return fill_for_batch(text, batch.staff)
