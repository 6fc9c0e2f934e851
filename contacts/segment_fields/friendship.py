"""What segments may ask of a friendship: who, since when, by which way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactFacts, Relation
from contacts.models.add_way import AddWay
from contacts.segment_fields.sources import DaysSince, size_of
from contacts.selectors import departments
from contacts.selectors.states import States
from scrm.segments.choices import Fixed, Rows
from scrm.segments.fields import Field
from scrm.segments.kinds import Kind

_GROUP = _("Friendship")


def fields() -> list[Field]:
    age = DaysSince("first_followed_at", is_instant=True)
    return [
        Field(
            name="relation",
            label=_("Friend or not"),
            group=_GROUP,
            kind=Kind.CHOICE,
            column="relation",
            choices=Fixed(lambda: Relation.choices),
        ),
        Field(
            name="staff",
            label=_("Staff"),
            group=_GROUP,
            kind=Kind.SET,
            column="staff_ids",
            choices=Rows("contacts.Staff", search=("name", "userid", "alias")),
            help=_("Staff members who have the customer as a friend now."),
        ),
        Field(
            name="staff.count",
            label=_("Number of staff"),
            group=_GROUP,
            kind=Kind.NUMBER,
            expression=size_of("staff_ids"),
            help=_("How many staff members have the customer as a friend now."),
        ),
        Field(
            name="department",
            label=_("Departments"),
            group=_GROUP,
            kind=Kind.SET,
            to_q=_department_q,
            fetch=_department_values,
            choices=Rows("contacts.Department", offered=Q(is_gone=False), order=("order",)),
            help=_("Departments of that staff; a department includes those below it."),
        ),
        Field(
            name="follow.add_way",
            label=_("Add way"),
            group=_GROUP,
            kind=Kind.SET,
            column="add_ways",
            choices=Fixed(lambda: AddWay.choices),
        ),
        Field(
            name="follow.state",
            label=_("Channel"),
            group=_GROUP,
            kind=Kind.SET,
            model="contacts.Follow",
            column="state",
            where=Q(status="active") & ~Q(state=""),
            choices=States(),
            help=_("The channel code or link by which she was added."),
        ),
        Field(
            name="follow.first_at",
            label=_("First added"),
            group=_GROUP,
            kind=Kind.DATE,
            column="first_followed_at",
        ),
        Field(
            name="follow.added_at",
            label=_("Last added"),
            group=_GROUP,
            kind=Kind.DATE,
            column="last_followed_at",
            help=_("When a staff member last became friends with the customer."),
        ),
        Field(
            name="follow.days",
            label=_("Age of the friendship"),
            group=_GROUP,
            kind=Kind.NUMBER,
            to_q=age.to_q,
            fetch=age.fetch,
            unit=_("days"),
            help=_("Days since she was first added; today is 0."),
        ),
        Field(
            name="lost_at",
            label=_("Last friendship ended"),
            group=_GROUP,
            kind=Kind.DATE,
            model="contacts.Contact",
            contact="pk",
            column="lost_at",
            help=_("When the last staff member and the customer stopped being friends."),
        ),
    ]


def _department_q(op: str, value: Any, _now: datetime) -> Q:
    if op == "not_empty":
        return ~Q(department_ids=[])
    below = departments.subtrees(value)
    if op == "any":
        return Q(department_ids__overlap=sorted(set().union(*below.values())))
    return reduce(and_, (Q(department_ids__overlap=sorted(ids)) for ids in below.values()))


def _department_values(contact_ids: Sequence[int], _now: datetime) -> Mapping[int, frozenset[int]]:
    above = departments.with_ancestors()
    rows = ContactFacts.objects.filter(pk__in=contact_ids).values_list("pk", "department_ids")
    return {
        contact_id: frozenset().union(*(above.get(pk, {pk}) for pk in ids))
        for contact_id, ids in rows
    }
