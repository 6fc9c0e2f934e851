"""REST access to orders: what was paid, given back, by whom, for what; and sending them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.api.order_rows import (
    EnvelopeSerializer,
    SentOrdersSerializer,
    SentRefundsSerializer,
    TakenSerializer,
)
from contacts.models import Order, OrderEntry, OrderItem
from contacts.selectors.order_list import OrdersWanted, matching_orders, visible_orders
from contacts.services.order_intake import take_rows
from scrm.audit.services import record_act
from scrm.console.fields import DayField


class Day(django_filters.DateFilter):  # type: ignore[misc]
    field_class = DayField


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The filters of the order list, by the same names."""

    source = django_filters.CharFilter(max_length=32)
    contact = django_filters.NumberFilter(
        field_name="contact_id", min_value=0, max_value=2**31 - 1, decimal_places=0
    )
    text = django_filters.CharFilter(
        method="wanted", max_length=128, help_text="An order number, or the shop's buyer, whole."
    )
    match = django_filters.ChoiceFilter(
        method="wanted", choices=[("matched", "matched"), ("waiting", "waiting")]
    )
    paid_from = Day(field_name="paid_on", lookup_expr="gte")
    paid_to = Day(field_name="paid_on", lookup_expr="lte")

    class Meta:
        model = Order
        fields: tuple[str, ...] = ()

    def wanted(self, orders: QuerySet[Order], name: str, value: Any) -> QuerySet[Order]:
        return matching_orders(orders, OrdersWanted(**{name: value}))


class OrderItemSerializer(serializers.ModelSerializer[OrderItem]):
    sku = serializers.CharField(source="product.sku")
    name = serializers.CharField(source="product.name")

    class Meta:
        model = OrderItem
        fields = ("sku", "name", "quantity", "amount_fen")


class EntrySerializer(serializers.ModelSerializer[OrderEntry]):
    """An entry of an order's ledger (流水). `amount_fen` is below 0 for a refund; the entries of an
    order add up to what stays of it. `external_id` is the refund's own number.
    """

    class Meta:
        model = OrderEntry
        fields = ("id", "kind", "amount_fen", "at", "external_id", "origin", "imported_at")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order (订单) with its lines. Money in fen; `contact` is null while nobody is known, and
    `match_kind` says by which sign she was found.
    """

    items = OrderItemSerializer(many=True)

    class Meta:
        model = Order
        fields = (
            "id",
            "source",
            "external_id",
            "contact",
            "match_kind",
            "matched_at",
            "paid_at",
            "amount_fen",
            "refunded_fen",
            "items",
        )


class NewestOrdersFirst(NewestFirst):
    ordering: Any = ("-paid_at", "-pk")


class OrderViewSet(ReadOnlyModelViewSet[Order]):
    """Orders of the customers the operator may see, the last paid first."""

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = NewestOrdersFirst
    filterset_class = OrderFilter

    def get_queryset(self) -> QuerySet[Order]:
        orders = visible_orders(operator_of(self.request))
        return orders.prefetch_related("items__product")

    @extend_schema(responses=EntrySerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def entries(self, request: Request, pk: str | None = None) -> Response:
        """Its ledger: the sale, refunds and corrections, oldest first."""
        rows = self.get_object().entries.order_by("at", "pk")
        return Response(EntrySerializer(rows, many=True).data)

    @extend_schema(request=SentOrdersSerializer, responses=TakenSerializer)
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def bulk(self, request: Request) -> Response:
        """Send up to 1,000 orders as they stand now: new ones are made, known ones corrected.

        An order is known by source and `external_id`; sending it again changes nothing. Rows that
        are refused stop no others.
        """
        return self._take(request, "orders")

    @extend_schema(request=SentRefundsSerializer, responses=TakenSerializer)
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def refunds(self, request: Request) -> Response:
        """Send up to 1,000 refunds. One is known by source, order and `refund_id`; sending it again
        changes nothing. Refused: unknown orders, and more than is left of the order's amount.
        """
        return self._take(request, "refunds")

    def _take(self, request: Request, name: str) -> Response:
        given = request.data if isinstance(request.data, Mapping) else {}
        envelope = EnvelopeSerializer(data={"source": given.get("source"), "rows": given.get(name)})
        if not envelope.is_valid():
            errors = dict(envelope.errors)
            raise serializers.ValidationError(
                {name if field == "rows" else field: error for field, error in errors.items()}
            )
        source, now = envelope.validated_data["source"], timezone.now()
        taken = take_rows(
            source=source,
            now=now,
            origin=OrderEntry.Origin.API,
            **{name: enumerate(envelope.validated_data["rows"])},
        )
        if taken.new or taken.changed or taken.refunds_new:
            record_act(
                action="order.take_rows",
                operator=operator_of(request),
                now=now,
                details={"source": source, **taken.counts(), "refused": len(taken.refused)},
            )
        return Response(TakenSerializer(taken).data)
