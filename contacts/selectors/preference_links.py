"""The link to a customer's own preference page (偏好设置链接), and whom a link belongs to."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.core import signing
from django.urls import reverse

from contacts.models import Contact, Preference

VALID = timedelta(days=180)
_SIGNER = signing.Signer(salt="preference-link")
_LONGEST = 200


class Trouble(Enum):
    """Why a link opens nothing."""

    FORGED = "forged"
    EXPIRED = "expired"
    ENDED = "ended"


def preference_token(contact: Contact, *, now: datetime) -> str:
    """Signed: whom it belongs to, its version and when it was made. Holds no other data."""
    row = Preference.objects.filter(pk=contact.pk).values_list("link_version", flat=True).first()
    return _SIGNER.sign_object([contact.pk, row or 0, int(now.timestamp())])


def preference_link(contact: Contact, *, now: datetime) -> str:
    """The address to hand to the customer; without SCRM_PUBLIC_URL only its path."""
    path = reverse("h5:preferences", args=[preference_token(contact, now=now)])
    return f"{settings.PUBLIC_URL}{path}"


def contact_of_token(token: str, *, now: datetime) -> Contact | Trouble:
    """The customer a link belongs to, or why it opens nothing. One query, none when forged."""
    try:
        if len(token) > _LONGEST:
            return Trouble.FORGED
        contact_id, version, made = _SIGNER.unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return Trouble.FORGED
    if made < (now - VALID).timestamp():
        return Trouble.EXPIRED
    contact = Contact.objects.select_related("preference").filter(pk=contact_id).first()
    if contact is None:
        return Trouble.FORGED
    preference: Preference | None = getattr(contact, "preference", None)
    if version != (preference.link_version if preference else 0):
        return Trouble.ENDED
    return contact


def first_name(contact: Contact) -> str:
    """As much of the name as greets her: whoever else holds the link learns nothing more."""
    return (contact.name.split() or [""])[0][:12]
