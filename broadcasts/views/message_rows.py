"""The parts of the composer of which there may be several: attachments, and versions of a text.

Their fields repeat their names, so that a row is added by one more group of fields, with or
without a script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from broadcasts.models import Material
from broadcasts.selectors.message_parts import shown_attachments
from scrm.console.fields import row_number

LINK_PARTS = ("title", "url", "desc")
LETTERS = "ABCD"
# So many pieces of the library are offered at once.
OFFERED = 200

Attachment = dict[str, Any]


@dataclass(frozen=True)
class AttachmentRow:
    """What was typed for one attachment: a link, or the id of a piece of the library."""

    title: str = ""
    url: str = ""
    desc: str = ""
    picurl: str = ""
    material: str = ""

    def attachment(self) -> Attachment | None:
        """In the stored form; None for a row that was left empty."""
        number = row_number(self.material)
        if number is not None:
            return {"msgtype": "material", "material": number}
        link = {
            part: text.strip()
            for part in (*LINK_PARTS, "picurl")
            if (text := getattr(self, part)).strip()
        }
        return {"msgtype": "link", "link": link} if link else None


@dataclass(frozen=True)
class VariantRow:
    """What was typed for a version B, C or D; without an attachment it takes those of A."""

    letter: str = ""
    share: str = ""
    text: str = ""
    row: AttachmentRow = AttachmentRow()

    @property
    def is_empty(self) -> bool:
        return not (self.share.strip() or self.text.strip() or self.row.attachment())


def attachment_rows(data: QueryDict, prefix: str = "attachment") -> list[AttachmentRow]:
    """The rows of a form that came back, empty ones included."""
    parts = (*LINK_PARTS, "picurl", "material")
    columns = [data.getlist(f"{prefix}_{part}") for part in parts]
    count = max(map(len, columns))
    return [
        AttachmentRow(*(column[place] if place < len(column) else "" for column in columns))
        for place in range(count)
    ]


def variant_rows(data: QueryDict) -> list[VariantRow]:
    """The rows of versions B to D of a form that came back, empty ones included."""
    shares, texts = data.getlist("variant_share"), data.getlist("variant_text")
    links = attachment_rows(data, "variant")
    return [
        VariantRow(
            letter=letter,
            share=share,
            text=texts[place] if place < len(texts) else "",
            row=links[place] if place < len(links) else AttachmentRow(),
        )
        for place, (letter, share) in enumerate(zip(LETTERS[1:], shares, strict=False))
    ]


def rows_of(attachments: Sequence[Mapping[str, Any]]) -> list[AttachmentRow]:
    """Stored attachments as rows to change."""
    return [_row_of(attachment) for attachment in attachments]


def attachable(
    rows: Sequence[AttachmentRow], variants: Sequence[VariantRow]
) -> list[tuple[Material, dict[str, str]]]:
    """What the library offers to attach, newest first, and whatever the rows name already; each
    with what the phone shows of it.
    """
    kept = [row_number(row.material) for row in (*rows, *(variant.row for variant in variants))]
    found = Material.objects.exclude(kind=Material.Kind.TEXT).order_by("-updated_at", "-pk")
    newest = list(found.filter(is_archived=False)[:OFFERED])
    named = found.filter(pk__in=[number for number in kept if number is not None])
    offered = [*newest, *(one for one in named if one not in newest)]
    cards = shown_attachments([{"msgtype": "material", "material": one.pk} for one in offered])
    return list(zip(offered, cards, strict=True))


def _row_of(attachment: Mapping[str, Any]) -> AttachmentRow:
    if attachment.get("msgtype") == "material":
        return AttachmentRow(material=str(attachment.get("material", "")))
    link = attachment.get("link") or {}
    return AttachmentRow(**{part: str(link.get(part, "")) for part in (*LINK_PARTS, "picurl")})


def attachments_of(rows: Sequence[AttachmentRow]) -> list[Attachment]:
    return [found for row in rows if (found := row.attachment()) is not None]
