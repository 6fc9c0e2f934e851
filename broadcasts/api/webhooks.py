"""REST: outgoing webhooks (事件推送) – addresses, their log, once more. For administrators."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from broadcasts.api.answers import ByAction, said
from broadcasts.models import WebhookDelivery, WebhookEndpoint, WebhookKind
from broadcasts.selectors.webhooks import deliveries, live_endpoints
from broadcasts.services import webhooks
from broadcasts.services.webhook_secret import secret_of
from contacts.api.base import NewestFirst
from scrm.console.views import operator_of

KINDS = [choice for choice in WebhookKind.choices if choice[0] != WebhookKind.TEST]
MOST_REPLAYED = 200


class WebhookPermission(ByAction):
    """A program that adds an address sends data out of the house, so administrators alone."""

    looking = "broadcasts.use_webhook_api"


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An address and the events it is told of. Its secret is never shown again."""

    name = serializers.CharField(max_length=64)
    url = serializers.CharField(max_length=500, help_text="https only, outside our own network.")
    kinds = serializers.ListField(child=serializers.ChoiceField(KINDS), min_length=1)

    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = (
            "id",
            "name",
            "url",
            "kinds",
            "is_active",
            "failing_since",
            "switched_off_at",
            "created_at",
        )
        read_only_fields = ("is_active", "failing_since", "switched_off_at", "created_at")

    def create(self, validated_data: dict[str, Any]) -> WebhookEndpoint:
        given = {**validated_data, "kinds": tuple(validated_data["kinds"])}
        with said():
            return webhooks.create_endpoint(
                draft=webhooks.EndpointDraft(**given),
                operator=operator_of(self.context["request"]),
                now=timezone.now(),
            )


class NewWebhookSerializer(WebhookSerializer):
    """The same with its secret, this once."""

    secret = serializers.SerializerMethodField()

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")

    def get_secret(self, endpoint: WebhookEndpoint) -> str:
        return secret_of(endpoint)


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One event on its way to one address."""

    event = serializers.CharField(source="event.public_id")
    kind = serializers.CharField(source="event.kind")
    at = serializers.DateTimeField(source="event.at")

    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "event",
            "kind",
            "at",
            "state",
            "attempts",
            "next_at",
            "tried_at",
            "status",
            "answer",
        )


class ReplaySerializer(serializers.Serializer[Any]):
    """Which deliveries to make again; without any, all that failed."""

    deliveries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        allow_null=True,
        default=None,
        max_length=MOST_REPLAYED,
    )


class ReplayedSerializer(serializers.Serializer[Any]):
    again = serializers.IntegerField()


class NewestDeliveriesFirst(NewestFirst):
    ordering = ("-since", "-pk")


class WebhookViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    viewsets.GenericViewSet[WebhookEndpoint],
):
    """Outgoing webhooks (事件推送)."""

    serializer_class = WebhookSerializer
    permission_classes = [WebhookPermission]
    queryset = WebhookEndpoint.objects.none()
    filterset_fields = ("is_active",)

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return live_endpoints()

    def get_serializer_class(self) -> Any:
        return NewWebhookSerializer if self.action == "create" else WebhookSerializer

    @extend_schema(request=None, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str | None = None) -> Response:
        """Tell it nothing more; what happens meanwhile is not told later."""
        return self._switched(active=False)

    @extend_schema(request=None, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str | None = None) -> Response:
        """Tell it again of what happens from now on."""
        return self._switched(active=True)

    @extend_schema(request=ReplaySerializer, responses=ReplayedSerializer)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str | None = None) -> Response:
        """Deliver again: the named deliveries, or all that failed."""
        given = ReplaySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        again = webhooks.replay(
            endpoint=self.get_object(),
            delivery_ids=given.validated_data["deliveries"],
            operator=operator_of(request),
            now=timezone.now(),
        )
        return Response(ReplayedSerializer({"again": again}).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, description="waiting, sent, failed")
        ],
        responses=DeliverySerializer(many=True),
    )
    @action(
        detail=True, methods=["get"], pagination_class=NewestDeliveriesFirst, filterset_fields=()
    )
    def deliveries(self, request: Request, pk: str | None = None) -> Response:
        """Its log, newest first."""
        state = request.query_params.get("state", "").replace("\0", "")
        rows: Any = deliveries(self.get_object(), state=state)
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)

    def _switched(self, *, active: bool) -> Response:
        endpoint = self.get_object()
        operator, now = operator_of(self.request), timezone.now()
        webhooks.switch_endpoint(endpoint=endpoint, active=active, operator=operator, now=now)
        return Response(WebhookSerializer(self.get_object()).data)


VIEWSETS = {"webhooks": WebhookViewSet}
