"""What the pickers of the customer list offer, each operator within the data scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from contacts.models import Department, Staff, Stage
from contacts.models.add_way import AddWay
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator
from scrm.segments.choices import Choice, Choices, Fixed
from scrm.segments.fields import vocabulary
from scrm.segments.values import Key

CHOICES_SHOWN = 50
_LARGEST_ID = 2**31 - 1


def sources(operator: Operator) -> dict[str, Choices]:
    """The choices of each picker, by the name that the list's address has for it."""
    offered: dict[str, Choices | None] = {
        "tag_id": _of_field("tag"),
        "staff_id": ScopedRows(visible_staff(operator), ("name", "userid", "alias")),
        # Who may be asked to send.
        "serving_id": ScopedRows(
            visible_staff(operator).filter(is_following=True, status=Staff.Status.ACTIVE),
            ("name", "userid", "alias"),
        ),
        "department_id": ScopedRows(_departments(operator), ("name",)),
        "stage": Fixed(lambda: Stage.choices),
        "add_way": Fixed(lambda: AddWay.choices),
        "channel": _of_field("follow.state"),
    }
    # Groups are listed whole, so they are for those who see them all.
    if operator.sees_everything:
        offered["group_id"] = _of_field("group")
    return {name: source for name, source in offered.items() if source is not None}


def _of_field(name: str) -> Choices | None:
    """The choices of a field that segments know, too; some belong to apps above this one."""
    field = vocabulary().get(name)
    return field.choices if field is not None else None


def _departments(operator: Operator) -> QuerySet[Department]:
    living = Department.objects.filter(is_gone=False)
    if operator.sees_everything:
        return living
    numbers = visible_staff(operator).values_list("department_wecom_ids", flat=True)
    return living.filter(wecom_id__in={number for each in numbers for number in each})


@dataclass(frozen=True)
class ScopedRows:
    """Rows that this operator may know of, found by any of the columns in `search`."""

    rows: QuerySet[Any]
    search: tuple[str, ...]
    is_searched: bool = True

    def find(self, query: str, limit: int) -> list[Choice]:
        wanted = Q()
        for column in self.search:
            wanted |= Q(**{f"{column}__icontains": query})
        found = self.rows.filter(wanted) if query else self.rows
        return [Choice(row.pk, str(row)) for row in found.order_by("name", "pk")[:limit]]

    def labels(self, keys: Sequence[Key]) -> dict[Key, str]:
        ids = [key for key in keys if isinstance(key, int) and 0 <= key <= _LARGEST_ID]
        return {row.pk: str(row) for row in self.rows.filter(pk__in=ids)}
