"""What segments may ask of a customer herself: profile, tags, staff, friendship, orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import BigIntegerField, BooleanField, Expression, ExpressionWrapper, F, Q
from django.db.models.functions import NullIf
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact, ContactFacts, Gender, LostKind, Relation, Stage
from contacts.models.add_way import AddWay
from contacts.selectors import departments
from scrm.segments.choices import Fixed, Rows
from scrm.segments.compile import IsTrue, compare
from scrm.segments.days import business_day
from scrm.segments.fields import Field, register
from scrm.segments.kinds import Kind

_PROFILE = _("Customer profile")
_FRIENDSHIP = _("Friendship")
_ORDERS = _("Orders")


def register_fields() -> None:
    """Called once, from `ContactsConfig.ready()`."""
    register(*_profile_fields(), *_friendship_fields(), *_order_fields())


def _profile_fields() -> list[Field]:
    return [
        Field(
            name="tag",
            label=_("Tags"),
            group=_PROFILE,
            kind=Kind.SET,
            column="tag_ids",
            choices=Rows(
                "contacts.Tag",
                group="group__name",
                search=("name", "group__name"),
                offered=Q(is_gone=False),
                order=("-group__order", "group_id", "-order"),
            ),
            help=_("WeCom tags of any staff member, and internal tags."),
        ),
        Field(
            name="stage",
            label=_("Lifecycle stage"),
            group=_PROFILE,
            kind=Kind.CHOICE,
            column="stage",
            choices=Fixed(lambda: Stage.choices),
        ),
        Field(
            name="lost_kind",
            label=_("Kind of loss"),
            group=_PROFILE,
            kind=Kind.CHOICE,
            model="contacts.Contact",
            contact="pk",
            column="lost_kind",
            choices=Fixed(lambda: LostKind.choices),
        ),
        Field(
            name="contact.name",
            label=_("Customer's name"),
            group=_PROFILE,
            kind=Kind.TEXT,
            model="contacts.Contact",
            contact="pk",
            column="name",
        ),
        Field(
            name="contact.kind",
            label=_("Kind of account"),
            group=_PROFILE,
            kind=Kind.CHOICE,
            column="kind",
            choices=Fixed(lambda: Contact.Kind.choices),
        ),
        Field(
            name="gender",
            label=_("Gender"),
            group=_PROFILE,
            kind=Kind.CHOICE,
            column="gender",
            choices=Fixed(lambda: Gender.choices),
        ),
        Field(
            name="contact.do_not_contact",
            label=_("Do not contact"),
            group=_PROFILE,
            kind=Kind.BOOL,
            column="is_do_not_contact",
        ),
        Field(
            name="contact.is_paused",
            label=_("Paused by the customer"),
            group=_PROFILE,
            kind=Kind.BOOL,
            expression=_is_paused,
            help=_("The customer asked for a pause that is not over yet."),
        ),
        Field(
            name="contact.bucket",
            label=_("Random bucket"),
            group=_PROFILE,
            kind=Kind.NUMBER,
            column="bucket",
            help=_("0 to 99, fixed for each customer; below 10 is a random tenth."),
        ),
    ]


def _friendship_fields() -> list[Field]:
    return [
        Field(
            name="relation",
            label=_("Friend or not"),
            group=_FRIENDSHIP,
            kind=Kind.CHOICE,
            column="relation",
            choices=Fixed(lambda: Relation.choices),
        ),
        Field(
            name="staff",
            label=_("Staff"),
            group=_FRIENDSHIP,
            kind=Kind.SET,
            column="staff_ids",
            choices=Rows("contacts.Staff", search=("name", "userid", "alias")),
            help=_("Staff members who have the customer as a friend now."),
        ),
        Field(
            name="department",
            label=_("Departments"),
            group=_FRIENDSHIP,
            kind=Kind.SET,
            to_q=_department_q,
            fetch=_department_values,
            choices=Rows("contacts.Department", offered=Q(is_gone=False), order=("order",)),
            help=_("Departments of that staff; a department includes those below it."),
        ),
        Field(
            name="follow.add_way",
            label=_("Add way"),
            group=_FRIENDSHIP,
            kind=Kind.SET,
            column="add_ways",
            choices=Fixed(lambda: AddWay.choices),
        ),
        Field(
            name="follow.first_at",
            label=_("First added"),
            group=_FRIENDSHIP,
            kind=Kind.DATE,
            column="first_followed_at",
        ),
        Field(
            name="follow.added_at",
            label=_("Last added"),
            group=_FRIENDSHIP,
            kind=Kind.DATE,
            column="last_followed_at",
            help=_("When a staff member last became friends with the customer."),
        ),
    ]


def _order_fields() -> list[Field]:
    return [
        Field(
            name="order.count",
            label=_("Purchases"),
            group=_ORDERS,
            kind=Kind.NUMBER,
            column="order_days",
            help=_("Days with a purchase; orders of one day count once."),
        ),
        Field(
            name="order.lines",
            label=_("Number of orders"),
            group=_ORDERS,
            kind=Kind.NUMBER,
            column="order_count",
            help=_("Every single order."),
        ),
        Field(
            name="order.revenue_fen",
            label=_("Amount spent"),
            group=_ORDERS,
            kind=Kind.MONEY,
            expression=_net,
            help=_("All orders less refunds."),
        ),
        Field(
            name="order.average_fen",
            label=_("Average per purchase"),
            group=_ORDERS,
            kind=Kind.MONEY,
            expression=_net_per_purchase,
            help=_("Amount spent by days with a purchase; nobody without one has an average."),
        ),
        Field(
            name="order.refunded_fen",
            label=_("Amount refunded"),
            group=_ORDERS,
            kind=Kind.MONEY,
            column="refunded_fen",
        ),
        Field(
            name="order.first_on",
            label=_("First order on"),
            group=_ORDERS,
            kind=Kind.DATE,
            column="first_order_on",
        ),
        Field(
            name="order.last_on",
            label=_("Last order on"),
            group=_ORDERS,
            kind=Kind.DATE,
            column="last_order_on",
        ),
        Field(
            name="order.days_since_last",
            label=_("Time since the last order"),
            group=_ORDERS,
            kind=Kind.NUMBER,
            to_q=_days_since_last_q,
            fetch=_days_since_last_values,
            unit=_("days"),
            help=_("Customers who never ordered fit no comparison but ≠."),
        ),
        Field(
            name="order.product",
            label=_("Products bought"),
            group=_ORDERS,
            kind=Kind.SET,
            model="contacts.OrderItem",
            contact="order__contact_id",
            column="product_id",
            choices=Rows("contacts.Product", search=("name", "sku")),
        ),
    ]


def _is_paused(now: datetime) -> Expression:
    paused = ExpressionWrapper(Q(pause_until__gt=now), output_field=BooleanField())
    return IsTrue(paused)


def _net(_now: datetime) -> Expression:
    return ExpressionWrapper(F("revenue_fen") - F("refunded_fen"), output_field=BigIntegerField())


def _net_per_purchase(_now: datetime) -> Expression:
    # Division of integers: whole fen, and NULL for a customer who never bought.
    return ExpressionWrapper(
        (F("revenue_fen") - F("refunded_fen")) / NullIf(F("order_days"), 0),
        output_field=BigIntegerField(),
    )


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


# Days since the last order are compared as its date, so that the index on the date serves.
_MIRRORED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "=": "=", "between": "between"}


def _days_since_last_q(op: str, value: Any, now: datetime) -> Q:
    today = business_day(now)
    if op == "between":
        value = (_days_before(today, value[1]), _days_before(today, value[0]))
    else:
        value = _days_before(today, value)
    return compare(F("last_order_on"), _MIRRORED[op], value, now=now)


def _days_since_last_values(contact_ids: Sequence[int], now: datetime) -> Mapping[int, int]:
    rows = ContactFacts.objects.filter(pk__in=contact_ids).values_list("pk", "last_order_on")
    today = business_day(now)
    return {pk: (today - last_on).days for pk, last_on in rows if last_on is not None}


def _days_before(day: date, days: int) -> date:
    """A number of days far outside the calendar stands for its nearest end."""
    ordinal = min(max(day.toordinal() - days, date.min.toordinal()), date.max.toordinal())
    return date.fromordinal(ordinal)
