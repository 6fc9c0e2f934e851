"""A stored message as the phone beside it shows it (消息预览)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from broadcasts.models.written import Written
from broadcasts.selectors.materials import shown_in
from contacts.models import Segment


def shown_attachments(attachments: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Title, words and picture's address of each attachment, in order.

    A piece of the library by its own title, or its name where customers read none. One query,
    none when nothing is of the library.
    """
    pieces = {one.material.pk: one for one in shown_in(attachments)}
    parts = []
    for attachment in attachments:
        if attachment.get("msgtype") == "material":
            piece = pieces.get(int(attachment.get("material", 0)))
            if piece is None:
                parts.append({"title": "–", "words": ""})
                continue
            title = piece.version.field("title") or piece.version.text or piece.material.name
            words = str(piece.material.get_kind_display())
            parts.append({"title": title, "words": words, "picture": piece.picture})
        else:
            link = attachment.get("link") or {}
            parts.append({"title": str(link.get("title", "")), "words": str(link.get("desc", ""))})
    return parts


def left_out_names(message: Written) -> list[str]:
    """The segments whose customers are left out, by name. One query, or none."""
    keys = [entry["segment"] for entry in message.without]
    return list(Segment.objects.filter(pk__in=keys).values_list("name", flat=True)) if keys else []
