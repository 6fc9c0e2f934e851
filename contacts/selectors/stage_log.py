"""The log of stage changes (流转记录), for a page, a file and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from contacts.models import LifecycleTransition
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator
from scrm.console.paging import Sort
from scrm.segments.days import start_of, start_of_next

NEWEST_FIRST = Sort("at")


@dataclass(frozen=True)
class MovesWanted:
    """What the log was asked for; an empty value asks for nothing. Days are business days."""

    from_stage: str = ""
    to_stage: str = ""
    reason: str = ""
    at_from: date | None = None
    at_to: date | None = None
    contact_id: int | None = None


def visible_moves(operator: Operator) -> QuerySet[LifecycleTransition]:
    """The stage changes of the customers this operator may see."""
    moves = LifecycleTransition.objects.all()
    if operator.sees_everything:
        return moves
    return moves.filter(contact__in=visible_contacts(operator).values("pk"))


def matching_moves(
    moves: QuerySet[LifecycleTransition], wanted: MovesWanted
) -> QuerySet[LifecycleTransition]:
    """The stage changes that fit."""
    for path, value in (
        ("from_stage", wanted.from_stage),
        ("to_stage", wanted.to_stage),
        ("reason", wanted.reason),
        ("contact_id", wanted.contact_id),
        ("at__gte", wanted.at_from and start_of(wanted.at_from)),
        ("at__lt", wanted.at_to and start_of_next(wanted.at_to)),
    ):
        if value:
            moves = moves.filter(**{path: value})
    return moves
