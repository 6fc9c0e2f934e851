"""Whom a hand-over would take and whom not (交接预检): the same rows that ordering it freezes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import (
    Contact,
    Follow,
    HandoverBar,
    HandoverItem,
    HandoverMode,
    Staff,
    UnassignedFollow,
)
from contacts.rules.handover import MOST_SINCE_LEAVING, WINDOW, HandoverFacts, bar
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator
from scrm.errors import InvalidInput

# WeCom lets nobody have more friends than this, so no order is larger.
MOST = 20_000


@dataclass(frozen=True)
class Wish:
    """What an operator asks for. Whom: all of the giver's customers, those the giver tagged so
    (`tag_id`), or `contact_ids`.
    """

    mode: str
    giver: Staff
    receiver: Staff
    tag_id: int | None = None
    contact_ids: Sequence[int] | None = None
    message: str = ""


@dataclass(frozen=True)
class Check:
    """Contact ids to ask WeCom for, and those left out with the reason; `known` counts those of
    the first who are, or once were, friends of the receiver: no new friendship is announced.
    """

    taken: list[int]
    excluded: dict[int, HandoverBar] = field(default_factory=dict)
    known: int = 0

    @property
    def reasons(self) -> list[tuple[HandoverBar, int]]:
        return Counter(self.excluded.values()).most_common()


def check_handover(wish: Wish, *, operator: Operator, now: datetime) -> Check:
    """Ask WeCom's rules of each customer before WeCom is. Seven queries, whatever the number.

    Raises InvalidInput when the two staff cannot hand over at all, or nobody is chosen.
    """
    refuse_staff(wish, operator=operator)
    is_resigned = wish.mode == HandoverMode.RESIGNED
    held = held_by(wish.giver, mode=wish.mode)
    wanted = _wanted(wish, held)
    if not wanted:
        raise InvalidInput(_("No customer is chosen."), field="whom")
    live = set(
        HandoverItem.objects.filter(contact__in=wanted, state__in=HandoverItem.LIVE).values_list(
            "contact", flat=True
        )
    )
    moved = _moved(wanted, now=now)
    left = _left_at(wish.giver) if is_resigned else None
    taken, excluded = [], {}
    for contact_id in wanted:
        facts = HandoverFacts(
            is_resigned=is_resigned,
            is_held=contact_id in held,
            is_in_transfer=contact_id in live,
            left_at=left,
            moved_at=moved[contact_id],
        )
        barred = bar(facts, now)
        if barred is None:
            taken.append(contact_id)
        else:
            excluded[contact_id] = HandoverBar(barred.value)
    known = Follow.objects.filter(staff=wish.receiver, contact__in=taken).count() if taken else 0
    return Check(taken, excluded, known)


def refuse_staff(wish: Wish, *, operator: Operator) -> None:
    """Raise InvalidInput when WeCom would refuse these two, whoever the customer is."""
    giver, receiver = wish.giver, wish.receiver
    seen = set(
        visible_staff(operator).filter(pk__in=[giver.pk, receiver.pk]).values_list("pk", flat=True)
    )
    if giver.pk not in seen or receiver.pk not in seen:
        raise InvalidInput(_("You may hand over between your own staff only."), field="receiver")
    if giver.pk == receiver.pk:
        raise InvalidInput(_("Giver and receiver are the same person."), field="receiver")
    if receiver.status != Staff.Status.ACTIVE or not receiver.is_following:
        raise InvalidInput(
            _("%(staff)s cannot take over: the receiver must be active and serve customers.")
            % {"staff": receiver},
            field="receiver",
        )
    if wish.mode == HandoverMode.ON_JOB and giver.status == Staff.Status.LEFT:
        raise InvalidInput(
            _("%(staff)s has left. Choose the hand-over after leaving.") % {"staff": giver},
            field="giver",
        )


def held_by(giver: Staff, *, mode: str) -> set[int]:
    """The customers a giver could hand over: friends now, or, after leaving, those on WeCom's
    list."""
    if mode == HandoverMode.RESIGNED:
        return set(UnassignedFollow.objects.filter(staff=giver).values_list("contact", flat=True))
    friends = Follow.objects.filter(staff=giver, status=Follow.Status.ACTIVE)
    return set(friends.values_list("contact", flat=True))


def customers_of(giver: Staff, *, mode: str) -> QuerySet[Contact]:
    """The same as rows, newest first, to pick from."""
    if mode == HandoverMode.RESIGNED:
        ids: QuerySet[Any, Any] = UnassignedFollow.objects.filter(staff=giver).values("contact")
    else:
        ids = Follow.objects.filter(staff=giver, status=Follow.Status.ACTIVE).values("contact")
    return Contact.objects.filter(pk__in=ids).order_by("-first_followed_at", "-pk")


def _wanted(wish: Wish, held: set[int]) -> list[int]:
    if wish.contact_ids is not None:
        # Of strangers' numbers nothing is told: whom the giver never had is not there.
        once = Follow.objects.filter(staff=wish.giver, contact__in=list(wish.contact_ids)[:MOST])
        return sorted(
            held.intersection(wish.contact_ids) | set(once.values_list("contact", flat=True))
        )
    if wish.tag_id is not None:
        tagged = Follow.objects.filter(staff=wish.giver, follow_tags__tag=wish.tag_id)
        internal = Contact.objects.filter(pk__in=held, facts__tag_ids__contains=[wish.tag_id])
        found = set(tagged.values_list("contact", flat=True))
        found |= set(internal.values_list("pk", flat=True))
        return sorted(held & found)
    return sorted(held)[:MOST]


def _moved(contact_ids: Sequence[int], *, now: datetime) -> defaultdict[int, list[datetime]]:
    moved: defaultdict[int, list[datetime]] = defaultdict(list)
    done = HandoverItem.objects.filter(
        contact__in=contact_ids,
        state=HandoverItem.State.DONE,
        handover__mode=HandoverMode.ON_JOB,
        settled_at__gt=now - WINDOW,
    )
    for contact_id, settled_at in done.values_list("contact", "settled_at"):
        if settled_at is not None:
            moved[contact_id].append(settled_at)
    return moved


def _left_at(giver: Staff) -> datetime | None:
    first = UnassignedFollow.objects.filter(staff=giver).order_by("left_at").first()
    return first.left_at if first else None


def days_left(left_at: datetime, now: datetime) -> int:
    """How many days WeCom still lets customers of somebody who left then be handed over."""
    return max(0, (left_at + MOST_SINCE_LEAVING - now).days)
