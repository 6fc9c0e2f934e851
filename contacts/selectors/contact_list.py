"""The customer list (客户列表): who is on a page of it, and what its rows show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Reverse
from django.utils import timezone

from contacts.models import Contact, Follow, Tag
from contacts.selectors import search  # noqa: F401 - the lookup `trigram_contains`
from scrm.console.paging import Sort

SORTS: dict[str, Sort] = {
    "newest": Sort("first_followed_at"),
    "oldest": Sort("first_followed_at", is_descending=False),
    "last_order": Sort("facts__last_order_on", has_nulls=True),
    "orders": Sort("facts__order_count"),
    "spend": Sort("net_fen"),
}
DEFAULT_SORT = "newest"
_EXPORT_CHUNK = 1_000


@dataclass(frozen=True)
class Wanted:
    """What a list was asked for; an empty value asks for nothing."""

    text: str = ""
    tag_id: int | None = None
    staff_id: int | None = None
    department_id: int | None = None
    stage: str = ""
    relation: str = ""
    added_from: date | None = None
    added_to: date | None = None

    @property
    def is_everything(self) -> bool:
        return self == Wanted()


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


def matching(visible: QuerySet[Contact], wanted: Wanted) -> QuerySet[Contact]:
    """The visible customers that fit. Arrays of `ContactFacts` answer the to-many questions."""
    found = visible.filter(facts__isnull=False)
    if wanted.text:
        found = found.filter(pk__in=_named(wanted.text))
    for path, value in (
        ("facts__tag_ids__contains", wanted.tag_id and [wanted.tag_id]),
        ("facts__staff_ids__contains", wanted.staff_id and [wanted.staff_id]),
        ("facts__department_ids__contains", wanted.department_id and [wanted.department_id]),
        ("stage", wanted.stage),
        ("relation", wanted.relation),
        ("first_followed_at__gte", _midnight(wanted.added_from)),
        ("first_followed_at__lt", _midnight(wanted.added_to, days_later=1)),
    ):
        if value:
            found = found.filter(**{path: value})
    return found


def listed(found: QuerySet[Contact]) -> QuerySet[Contact]:
    """The same customers with all that a row and every sort needs."""
    return found.select_related("facts").annotate(
        net_fen=F("facts__revenue_fen") - F("facts__refunded_fen")
    )


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


def _named(text: str) -> QuerySet[Any]:
    """Ids of customers whose name, a remark or the end of the phone fits.

    A union of three searches that each have an index; one condition with OR would have none.
    """
    by_name = Contact.objects.filter(name__trigram_contains=text).values("pk")
    remarked = Follow.objects.exclude(remark="").filter(remark__trigram_contains=text)
    by_remark = remarked.values("contact_id")
    found = by_name.union(by_remark)
    if text.isdigit() and len(text) >= 4:
        with_phone = Contact.objects.exclude(phone="").annotate(backwards=Reverse("phone"))
        by_phone = with_phone.filter(backwards__startswith=text[::-1]).values("pk")
        found = by_name.union(by_remark, by_phone)
    return found


def _midnight(day: date | None, *, days_later: int = 0) -> datetime | None:
    if day is None:
        return None
    return timezone.make_aware(
        datetime.combine(day + timedelta(days=days_later), datetime.min.time())
    )
