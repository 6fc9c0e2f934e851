"""Hand-overs as pages show them: the list, the counts, whose customers wait for a colleague."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from contacts.models import Follow, Handover, HandoverItem, Staff, UnassignedFollow
from contacts.selectors.handover_checks import days_left
from contacts.selectors.visibility import visible_staff
from scrm import wecom
from scrm.console.models import Operator


@dataclass(frozen=True)
class Progress:
    """Customers of a hand-over by state; `asked_for` leaves out those excluded beforehand."""

    counts: dict[str, int]

    @property
    def asked_for(self) -> int:
        return sum(self.counts.values()) - self.counts.get("excluded", 0)

    @property
    def settled(self) -> int:
        return sum(self.counts.get(state, 0) for state in ("done", "refused", "full", "failed"))

    @property
    def lines(self) -> list[tuple[str, Any, int]]:
        """State, its words and how many, in the order of a customer's way."""
        return [
            (state.value, state.label, self.counts[state.value])
            for state in HandoverItem.State
            if self.counts.get(state.value)
        ]


@dataclass(frozen=True)
class Leaver:
    """Somebody who left, with customers nobody has taken over. `days_left`: how long WeCom still
    lets them be handed over."""

    staff: Staff
    customers: int
    left_at: datetime
    days_left: int


def visible_handovers(operator: Operator) -> QuerySet[Handover]:
    """Hand-overs between staff the operator may see."""
    rows = Handover.objects.select_related("giver", "receiver", "created_by")
    if operator.sees_everything:
        return rows
    staff = visible_staff(operator).values("pk")
    return rows.filter(giver__in=staff, receiver__in=staff)


def progress_of(handover_ids: list[int]) -> dict[int, Progress]:
    """The counts of several hand-overs; one query."""
    counts: dict[int, dict[str, int]] = {pk: {} for pk in handover_ids}
    rows = HandoverItem.objects.filter(handover__in=handover_ids).order_by()
    for pk, state, number in rows.values_list("handover", "state").annotate(Count("pk")):
        counts[pk][state] = number
    return {pk: Progress(by_state) for pk, by_state in counts.items()}


def code_words(code: int) -> str:
    """What an operator can do about WeCom's refusal of one customer; "" when there was none."""
    return wecom.TransferRefusal("", code).advice if code else ""


def why(item: HandoverItem) -> str:
    """Why a customer was not handed over, in words."""
    return str(item.get_bar_display()) if item.bar else code_words(item.code)


def leavers(operator: Operator, *, now: datetime) -> list[Leaver]:
    """Staff who left with customers still to be given to somebody; most customers first."""
    rows = UnassignedFollow.objects.filter(staff__in=visible_staff(operator)).order_by()
    found = rows.values_list("staff").annotate(number=Count("pk"), left=Min("left_at"))
    staff = Staff.objects.in_bulk([pk for pk, _number, _left in found])
    made = [
        Leaver(staff[pk], number, left, days_left(left, now))
        for pk, number, left in found
        if left is not None
    ]
    return sorted(made, key=lambda one: -one.customers)


def givers(operator: Operator) -> QuerySet[Staff]:
    """Staff at work who have customers to give, with how many (`customers`)."""
    active = Q(follows__status=Follow.Status.ACTIVE)
    staff = visible_staff(operator).exclude(status=Staff.Status.LEFT)
    counted = staff.annotate(customers=Count("follows", filter=active))
    return counted.filter(customers__gt=0).order_by("name", "pk")


def receivers(operator: Operator, *, giver: Staff) -> QuerySet[Staff]:
    """Staff who may take over from `giver`."""
    serving = visible_staff(operator).filter(status=Staff.Status.ACTIVE, is_following=True)
    return serving.exclude(pk=giver.pk).order_by("name", "pk")
