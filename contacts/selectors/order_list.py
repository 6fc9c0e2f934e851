"""The order list (订单): which orders fit, where they came from, how many wait for a buyer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Min, Q, QuerySet

from contacts.models import Order
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator

_MOST_SOURCES = 50


@dataclass(frozen=True)
class OrdersWanted:
    """What the list was asked for; an empty value asks for nothing."""

    text: str = ""
    source: str = ""
    match: str = ""
    paid_from: date | None = None
    paid_to: date | None = None


def visible_orders(operator: Operator) -> QuerySet[Order]:
    """Orders of visible customers; orders nobody is known for only to those who see everybody."""
    if operator.sees_everything:
        return Order.objects.all()
    return Order.objects.filter(contact__in=visible_contacts(operator))


def matching_orders(orders: QuerySet[Order], wanted: OrdersWanted) -> QuerySet[Order]:
    """The orders that fit. `text` is an order number or what the shop calls its buyer, whole."""
    if wanted.text:
        orders = orders.filter(Q(external_id=wanted.text) | Q(buyer_ref=wanted.text))
    if wanted.source:
        orders = orders.filter(source=wanted.source)
    if wanted.match:
        orders = orders.filter(contact__isnull=wanted.match == "waiting")
    if wanted.paid_from:
        orders = orders.filter(paid_on__gte=wanted.paid_from)
    if wanted.paid_to:
        orders = orders.filter(paid_on__lte=wanted.paid_to)
    return orders


def sources() -> list[str]:
    """Every shop that orders came from. Jumps along the unique index instead of reading it all."""
    found: list[str] = []
    following = Order.objects.all()
    while len(found) < _MOST_SOURCES:
        name = following.aggregate(name=Min("source"))["name"]
        if name is None:
            break
        found.append(name)
        following = Order.objects.filter(source__gt=name)
    return found
