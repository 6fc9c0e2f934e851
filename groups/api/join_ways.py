"""REST access to group codes (群活码)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from groups.models import GroupChat, JoinWay
from groups.selectors.join_ways import join_ways, joins_of
from groups.services import join_ways as service
from scrm.errors import InvalidInput


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT


class JoinWaySerializer(serializers.ModelSerializer[JoinWay]):
    """A group code. `groups` are our own ids, at most five; with `opens_rooms` WeCom opens a new
    group called `room_name` and `room_number` when all are full.
    """

    groups = serializers.PrimaryKeyRelatedField(queryset=GroupChat.objects.all(), many=True)

    class Meta:
        model = JoinWay
        fields = (
            "id",
            "name",
            "state",
            "status",
            "problem",
            "address",
            "groups",
            "opens_rooms",
            "room_name",
            "room_number",
            "created_at",
        )
        read_only_fields = ("state", "status", "problem", "address", "created_at")


class JoinsSerializer(serializers.Serializer[Any]):
    """Who came by a code: today, ever, still in the group, gone."""

    today = serializers.IntegerField()
    total = serializers.IntegerField()
    still = serializers.IntegerField()
    gone = serializers.IntegerField()


class NewestWaysFirst(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class JoinWayViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[JoinWay],
):
    """Group codes, the newest first. DELETE kills the printed code for ever."""

    queryset = JoinWay.objects.none()
    serializer_class = JoinWaySerializer
    permission_classes = (ModelPermissions,)
    pagination_class = NewestWaysFirst
    filterset_fields = ("status",)
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def get_queryset(self) -> QuerySet[JoinWay]:
        return join_ways()

    def perform_create(self, serializer: Any) -> None:
        self._save(serializer, None)

    def perform_update(self, serializer: Any) -> None:
        self._save(serializer, serializer.instance)

    def perform_destroy(self, instance: JoinWay) -> None:
        try:
            service.delete_join_way(way_id=instance.pk, **self._acting())
        except service.JoinWayRefused as error:
            raise Conflict(str(error)) from error

    @extend_schema(responses=JoinsSerializer)
    @action(detail=True)
    def joins(self, _request: Request, **_kwargs: Any) -> Response:
        """How many came by the code into groups that the operator sees."""
        way = self.get_object()
        operator = operator_of(self.request)
        found = joins_of([way], operator, now=timezone.now())[way.pk]
        return Response(JoinsSerializer(found).data)

    def _save(self, serializer: Any, way: JoinWay | None) -> None:
        given = serializer.validated_data
        groups = given.get("groups", way.groups.all() if way else [])
        draft = service.JoinWayDraft(
            group_ids=[group.pk for group in groups],
            **{
                name: given.get(name, getattr(way, name) if way else default)
                for name, default in _DEFAULTS.items()
            },
        )
        try:
            if way is None:
                serializer.instance = service.create_join_way(draft=draft, **self._acting())
            else:
                serializer.instance = service.change_join_way(
                    way_id=way.pk, draft=draft, **self._acting()
                )
        except InvalidInput as error:
            raise serializers.ValidationError({error.field or "detail": [str(error)]}) from error
        except service.JoinWayRefused as error:
            raise Conflict(str(error)) from error

    def _acting(self) -> dict[str, Any]:
        return {"operator": operator_of(self.request), "now": timezone.now()}


_DEFAULTS: dict[str, Any] = {"name": "", "opens_rooms": True, "room_name": "", "room_number": 1}
