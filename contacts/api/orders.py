"""REST access to orders: what was paid, by whom, for what."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.models import Order, OrderItem
from contacts.selectors.order_list import OrdersWanted, matching_orders, visible_orders
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
        fields = ("sku", "name", "quantity")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order (订单) with its lines. Money in fen; `contact` is null while nobody is known."""

    items = OrderItemSerializer(many=True)

    class Meta:
        model = Order
        fields = (
            "id",
            "source",
            "external_id",
            "contact",
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
