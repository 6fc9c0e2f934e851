"""What programs send to `orders/bulk/` and `orders/refunds/`, and what they are answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from contacts.services.order_intake import MOST_ROWS


class SentItemSerializer(serializers.Serializer[Any]):
    """A product of an order: `sku` or `name`; `amount_fen` is what of the order was paid for it."""

    sku = serializers.CharField(required=False, max_length=128)
    name = serializers.CharField(required=False, max_length=256)
    quantity = serializers.IntegerField(required=False, default=1, min_value=1)
    amount_fen = serializers.IntegerField(required=False, min_value=0)


class SentOrderSerializer(serializers.Serializer[Any]):
    """An order as it stands now. At least one of the four buyer fields; what is left out stays as
    it was told before.
    """

    external_id = serializers.CharField(max_length=128)
    paid_at = serializers.CharField(help_text="ISO 8601; without a zone the shop's local time.")
    amount_fen = serializers.IntegerField(min_value=0)
    refunded_fen = serializers.IntegerField(required=False, min_value=0)
    refunded_at = serializers.CharField(required=False)
    external_userid = serializers.CharField(required=False, max_length=64)
    unionid = serializers.CharField(required=False, max_length=64)
    phone = serializers.CharField(required=False, max_length=64)
    customer_id = serializers.CharField(required=False, max_length=128)
    items = SentItemSerializer(many=True, required=False)


class SentRefundSerializer(serializers.Serializer[Any]):
    """One refund of an order of the same source, known by its own number."""

    order_id = serializers.CharField(max_length=128)
    refund_id = serializers.CharField(max_length=128)
    amount_fen = serializers.IntegerField(min_value=1)
    refunded_at = serializers.CharField(required=False)


class SentOrdersSerializer(serializers.Serializer[Any]):
    """For the description alone: rows are read one by one, so that one bad row stops no other."""

    source = serializers.SlugField(max_length=32)  # type: ignore[assignment]  # the API's word
    orders = SentOrderSerializer(many=True)


class SentRefundsSerializer(serializers.Serializer[Any]):
    """The same for refunds."""

    source = serializers.SlugField(max_length=32)  # type: ignore[assignment]  # the API's word
    refunds = SentRefundSerializer(many=True)


class _AnyRow(serializers.Field[Any, Any, Any, Any]):
    def to_internal_value(self, data: Any) -> Any:
        return data


class EnvelopeSerializer(serializers.Serializer[Any]):
    """The message around the rows, which are looked at later."""

    source = serializers.SlugField(max_length=32)  # type: ignore[assignment]  # the API's word
    rows = serializers.ListField(child=_AnyRow(), allow_empty=False, max_length=MOST_ROWS)


class RefusalSerializer(serializers.Serializer[Any]):
    """A row that was not taken: its place from 0, the wrong field, and what to send instead."""

    list = serializers.CharField()
    row = serializers.IntegerField()
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class TakenSerializer(serializers.Serializer[Any]):
    """What became of the rows."""

    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refunds_new = serializers.IntegerField()
    refunds_known = serializers.IntegerField()
    refused = RefusalSerializer(many=True)
