"""A stored message as the phone beside it shows it (消息预览)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from broadcasts.models.written import Written
from broadcasts.selectors.materials import shown_in
from contacts.models import Segment


def shown_attachments(attachments: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Title and description of each attachment, in order; a piece of the library by its own.

    One query, none when nothing is of the library.
    """
    pieces = {one.material.pk: one for one in shown_in(attachments)}
    parts = []
    for attachment in attachments:
        if attachment.get("msgtype") == "material":
            piece = pieces.get(int(attachment.get("material", 0)))
            title = piece.title if piece is not None else ""
            words = str(piece.material.get_kind_display()) if piece is not None else ""
            parts.append({"title": title or "–", "words": words})
        else:
            link = attachment.get("link") or {}
            parts.append({"title": str(link.get("title", "")), "words": str(link.get("desc", ""))})
    return parts


def left_out_names(message: Written) -> list[str]:
    """The segments whose customers are left out, by name. One query, or none."""
    keys = [entry["segment"] for entry in message.without]
    return list(Segment.objects.filter(pk__in=keys).values_list("name", flat=True)) if keys else []
