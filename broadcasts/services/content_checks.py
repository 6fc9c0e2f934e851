"""What WeCom would not take of a broadcast's message (内容校验)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from broadcasts.policy.message_limits import ATTACHMENTS, LINK_BYTES, TEXT_BYTES
from broadcasts.policy.references import reference_of
from broadcasts.policy.variables import of_customer, unknown
from broadcasts.selectors.material_parts import parts_of
from scrm.errors import InvalidInput

_SCHEMES = {"http", "https"}


def text_problems(text: str) -> list[InvalidInput]:
    size = len(text.strip().encode())
    if not size:
        return [InvalidInput(_("The message is empty."), field="text")]
    if size > TEXT_BYTES:
        message = _("The message has %(size)d bytes; WeCom takes %(most)d.")
        return [InvalidInput(message % {"size": size, "most": TEXT_BYTES}, field="text")]
    strange = unknown(text)
    if strange:
        message = _("There is no variable {%(name)s}. Choose one from the buttons.")
        return [InvalidInput(message % {"name": strange[0]}, field="text")]
    personal = of_customer(text)
    if personal:
        message = _(
            "A broadcast has one text for all its customers, so {%(name)s} cannot be filled in. "
            "What the staff member is called can."
        )
        return [InvalidInput(message % {"name": personal[0].names[0]}, field="text")]
    return []


def attachment_problems(attachments: Sequence[dict[str, Any]]) -> list[InvalidInput]:
    """Links as WeCom takes them, and pieces of the library."""
    if len(attachments) > ATTACHMENTS:
        return [InvalidInput(_("WeCom takes at most nine attachments."), field="attachments")]
    found = []
    for attachment in attachments:
        if isinstance(attachment, dict) and reference_of(attachment) is not None:
            continue
        link = attachment.get("link") if isinstance(attachment, dict) else None
        if not isinstance(link, dict) or attachment.get("msgtype") != "link":
            message = _("Only links and pieces of the library can be attached.")
            return [InvalidInput(message, field="attachments")]
        found += _link_problems(link)
    try:
        parts_of(attachments)
    except InvalidInput as error:
        found.append(error)
    return found


def _link_problems(link: dict[str, Any]) -> list[InvalidInput]:
    found = []
    if not link.get("title") or urlsplit(str(link.get("url", ""))).scheme not in _SCHEMES:
        message = _("A link needs a title and an address that begins with https://.")
        found.append(InvalidInput(message, field="attachments"))
    if any(len(str(link.get(part, "")).encode()) > most for part, most in LINK_BYTES.items()):
        message = _("The title, description or address of the link is too long.")
        found.append(InvalidInput(message, field="attachments"))
    return found
