"""REST access to hand-overs of groups (群主转交): order, watch, cancel."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from groups.models import GroupHandover, GroupHandoverItem
from groups.selectors import handovers as selectors
from groups.services.handovers import cancel_handover, start_handover
from scrm.errors import InvalidInput

_MOST = 1000


class GroupHandoverSerializer(serializers.ModelSerializer[GroupHandover]):
    """A hand-over with how many groups it has, and what became of them. Staff by our ids."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    refused = serializers.IntegerField()

    class Meta:
        model = GroupHandover
        fields = (
            "id",
            "kind",
            "owner",
            "new_owner",
            "state",
            "note",
            "total",
            "done",
            "refused",
            "created_at",
            "finished_at",
        )


class NewGroupHandoverSerializer(serializers.Serializer[Any]):
    """Groups of `owner` that `new_owner` takes over, all by our ids."""

    owner = serializers.IntegerField(min_value=1)
    new_owner = serializers.IntegerField(min_value=1)
    groups = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=_MOST, allow_empty=False
    )


class GroupHandoverItemSerializer(serializers.ModelSerializer[GroupHandoverItem]):
    """What became of one group; `code` and `reason` say why WeCom refused it."""

    class Meta:
        model = GroupHandoverItem
        fields = ("group", "state", "code", "reason", "at")


class GroupHandoverFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    class Meta:
        model = GroupHandover
        fields = ("kind", "state")


class NewestOrdered(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class GroupHandoverViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[GroupHandover]
):
    """Hand-overs of owners the operator may see, the newest first."""

    queryset = GroupHandover.objects.none()
    serializer_class = GroupHandoverSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = NewestOrdered
    filterset_class = GroupHandoverFilter

    def get_queryset(self) -> QuerySet[GroupHandover]:
        return selectors.handovers(operator_of(self.request))

    @extend_schema(request=NewGroupHandoverSerializer, responses={201: GroupHandoverSerializer})
    def create(self, request: Request) -> Response:
        """Order a hand-over; groups that cannot be handed over are left out, none is a 400."""
        asked = NewGroupHandoverSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given, operator = asked.validated_data, operator_of(request)
        owner = selectors.owners(operator).filter(pk=given["owner"]).first()
        receiver = selectors.receivers(operator).filter(pk=given["new_owner"]).first()
        if owner is None or receiver is None:
            field = "owner" if owner is None else "new_owner"
            raise serializers.ValidationError({field: ["unknown"]})
        groups = selectors.groups_of(owner, operator).filter(pk__in=given["groups"])
        try:
            made = start_handover(
                owner=owner,
                new_owner=receiver,
                groups=list(groups),
                now=timezone.now(),
                operator=operator,
            )
        except InvalidInput as error:
            raise serializers.ValidationError({error.field: [str(error)]}) from error
        answer = self.get_serializer(self.get_queryset().get(pk=made.pk)).data
        return Response(answer, status=status.HTTP_201_CREATED)

    @extend_schema(responses=GroupHandoverItemSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def groups(self, _request: Request, **_kwargs: Any) -> Response:
        """What became of each group."""
        items = self.get_object().items.order_by("pk")
        return Response(GroupHandoverItemSerializer(items, many=True).data)

    @extend_schema(request=None, responses=GroupHandoverSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_kwargs: Any) -> Response:
        """Stop what WeCom was not asked for yet."""
        handover = self.get_object()
        cancel_handover(handover_id=handover.pk, now=timezone.now(), operator=operator_of(request))
        return Response(self.get_serializer(self.get_object()).data)
