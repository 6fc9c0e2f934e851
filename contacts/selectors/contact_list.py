"""The customer list (客户列表): who is on a page of it, and what its rows show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import QuerySet

from contacts.models import Contact, Follow, Tag
from contacts.selectors.wanted import NET_FEN
from scrm.console.paging import Sort

SORTS: dict[str, Sort] = {
    "newest": Sort("first_followed_at"),
    "oldest": Sort("first_followed_at", is_descending=False),
    "last_order": Sort("facts__last_order_on", has_nulls=True, key="facts__contact_id"),
    "orders": Sort("facts__order_count", key="facts__contact_id"),
    "spend": Sort("net_fen", key="facts__contact_id"),
}
DEFAULT_SORT = "newest"
_EXPORT_CHUNK = 1_000


@dataclass
class Row:
    """One customer as the list shows her."""

    contact: Contact
    tags: list[Tag] = field(default_factory=list)
    follows: list[Follow] = field(default_factory=list)

    @property
    def net_fen(self) -> int:
        facts = self.contact.facts
        return facts.revenue_fen - facts.refunded_fen

    @property
    def remark(self) -> str:
        return next((f.remark for f in self.follows if f.remark), "")


def listed(found: QuerySet[Contact]) -> QuerySet[Contact]:
    """The same customers with all that a row and every sort needs."""
    return found.select_related("facts").annotate(net_fen=NET_FEN)


def rows(contacts: Sequence[Contact]) -> list[Row]:
    """Rows for these customers; two queries however many they are."""
    filled = {contact.pk: Row(contact) for contact in contacts}
    for follow in (
        Follow.objects.filter(contact__in=filled, status=Follow.Status.ACTIVE)
        .select_related("staff")
        .order_by("added_at")
    ):
        filled[follow.contact_id].follows.append(follow)
    wanted = {tag_id for contact in contacts for tag_id in contact.facts.tag_ids}
    tags = Tag.objects.in_bulk(wanted) if wanted else {}
    for row in filled.values():
        row.tags = [tags[pk] for pk in row.contact.facts.tag_ids if pk in tags]
    return list(filled.values())


def all_rows(found: QuerySet[Contact]) -> Iterator[Row]:
    """Every row, read in chunks, for a download."""
    contacts = iter(listed(found).order_by("pk").iterator(chunk_size=_EXPORT_CHUNK))
    while chunk := list(islice(contacts, _EXPORT_CHUNK)):
        yield from rows(chunk)
