"""What segments may ask of a customer's orders (订单)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import BigIntegerField, Expression, ExpressionWrapper, F, Q
from django.db.models.functions import NullIf
from django.utils.translation import gettext_lazy as _

from contacts.models import Product
from contacts.segment_fields.sources import DaysSince
from scrm.segments.choices import Fixed, Rows
from scrm.segments.fields import Field
from scrm.segments.kinds import Kind

_GROUP = _("Orders")


def fields() -> list[Field]:
    age = DaysSince("last_order_on")
    return [
        Field(
            name="order.count",
            label=_("Purchases"),
            group=_GROUP,
            kind=Kind.NUMBER,
            column="order_days",
            help=_("Days with a purchase; orders of one day count once."),
        ),
        Field(
            name="order.lines",
            label=_("Number of orders"),
            group=_GROUP,
            kind=Kind.NUMBER,
            column="order_count",
            help=_("Every single order."),
        ),
        Field(
            name="order.revenue_fen",
            label=_("Amount spent"),
            group=_GROUP,
            kind=Kind.MONEY,
            expression=_net,
            help=_("All orders less refunds."),
        ),
        Field(
            name="order.average_fen",
            label=_("Average per purchase"),
            group=_GROUP,
            kind=Kind.MONEY,
            expression=_net_per_purchase,
            help=_("Amount spent by days with a purchase; nobody without one has an average."),
        ),
        Field(
            name="order.refunded_fen",
            label=_("Amount refunded"),
            group=_GROUP,
            kind=Kind.MONEY,
            column="refunded_fen",
        ),
        Field(
            name="order.first_on",
            label=_("First order on"),
            group=_GROUP,
            kind=Kind.DATE,
            column="first_order_on",
        ),
        Field(
            name="order.last_on",
            label=_("Last order on"),
            group=_GROUP,
            kind=Kind.DATE,
            column="last_order_on",
        ),
        Field(
            name="order.days_since_last",
            label=_("Time since the last order"),
            group=_GROUP,
            kind=Kind.NUMBER,
            to_q=age.to_q,
            fetch=age.fetch,
            unit=_("days"),
            help=_("Customers who never ordered fit no comparison but ≠."),
        ),
        Field(
            name="order.product",
            label=_("Products bought"),
            group=_GROUP,
            kind=Kind.SET,
            model="contacts.OrderItem",
            contact="order__contact_id",
            column="product_id",
            choices=Rows("contacts.Product", search=("name", "sku")),
        ),
        Field(
            name="order.product_role",
            label=_("Roles of products bought"),
            group=_GROUP,
            kind=Kind.SET,
            model="contacts.OrderItem",
            contact="order__contact_id",
            column="product__role",
            where=~Q(product__role=Product.Role.NONE),
            choices=Fixed(lambda: [row for row in Product.Role.choices if row[0]]),
            help=_("Traffic, event and profit products, as set on the page of products."),
        ),
    ]


def _net(_now: datetime) -> Expression:
    return ExpressionWrapper(F("revenue_fen") - F("refunded_fen"), output_field=BigIntegerField())


def _net_per_purchase(_now: datetime) -> Expression:
    # Division of integers: whole fen, and NULL for a customer who never bought.
    return ExpressionWrapper(
        (F("revenue_fen") - F("refunded_fen")) / NullIf(F("order_days"), 0),
        output_field=BigIntegerField(),
    )
