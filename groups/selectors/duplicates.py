"""Customers in several groups at once (客群去重)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Sum

from contacts.models import Contact, ContactFacts
from contacts.selectors import search  # noqa: F401 - the lookup `trigram_contains`
from contacts.selectors.visibility import visible_contacts
from groups.models import GroupChat
from groups.selectors.group_list import staff_named, visible_groups
from scrm.console.models import Operator
from scrm.console.paging import Sort

FEWEST = 2
MOST_GROUPS_FIRST = Sort("group_count")
_CHUNK = 1000


@dataclass(frozen=True)
class DuplicatesWanted:
    """What the list was asked for: customers in at least `fewest` groups, one of them `group_id`
    or one of an owner whose name or userid holds `owner`.
    """

    fewest: int = FEWEST
    text: str = ""
    group_id: int | None = None
    owner: str = ""


@dataclass(frozen=True)
class Duplicate:
    """A customer with her groups; those that the operator may not see have no page for him."""

    contact: Contact
    groups: list[tuple[GroupChat, bool]]


def matching_duplicates(operator: Operator, wanted: DuplicatesWanted) -> QuerySet[ContactFacts]:
    """Facts of the customers, each with `group_count`. Groups that live are counted."""
    count = Func(F("group_ids"), function="CARDINALITY", output_field=IntegerField())
    found = ContactFacts.objects.annotate(group_count=count).filter(
        group_count__gte=max(wanted.fewest, FEWEST)
    )
    if not operator.sees_everything:
        found = found.filter(contact__in=visible_contacts(operator).values("pk"))
    if wanted.text:
        found = found.filter(contact__name__trigram_contains=wanted.text)
    if wanted.group_id:
        found = found.filter(group_ids__contains=[wanted.group_id])
    if wanted.owner:
        owners = staff_named(wanted.owner).values("pk")
        owned = GroupChat.objects.filter(owner__in=owners, dismissed_at__isnull=True)
        found = found.filter(group_ids__overlap=list(owned.values_list("pk", flat=True)))
    return found


def places_taken_twice(found: QuerySet[ContactFacts]) -> int:
    """How many places would be free if everybody were in one group alone."""
    total = found.order_by().aggregate(total=Sum(F("group_count") - 1))["total"]
    return total or 0


def duplicates(rows: Iterable[ContactFacts], *, operator: Operator) -> list[Duplicate]:
    """The rows (with `contact`) and their groups; two queries."""
    rows = list(rows)
    ids = {group_id for facts in rows for group_id in facts.group_ids}
    groups = GroupChat.objects.select_related("owner").in_bulk(list(ids))
    if operator.sees_everything:
        visible = ids
    else:
        seen = visible_groups(operator).filter(pk__in=ids)
        visible = set(seen.values_list("pk", flat=True))
    return [
        Duplicate(
            facts.contact,
            [(groups[pk], pk in visible) for pk in sorted(facts.group_ids) if pk in groups],
        )
        for facts in rows
    ]


def all_duplicates(found: QuerySet[Any], *, operator: Operator) -> Iterator[Duplicate]:
    """Every row, for a download."""
    rows = found.select_related("contact").order_by("-group_count", "-pk")
    chunk: list[ContactFacts] = []
    for facts in rows.iterator(chunk_size=_CHUNK):
        chunk.append(facts)
        if len(chunk) == _CHUNK:
            yield from duplicates(chunk, operator=operator)
            chunk = []
    yield from duplicates(chunk, operator=operator)
