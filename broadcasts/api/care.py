"""REST: what protects customers – complaints, alarms of the harm guard, the stop of all sending."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from broadcasts.models import Broadcast, Complaint, HarmAlarm, StopSwitch
from broadcasts.selectors.complaints import visible_complaints
from broadcasts.selectors.harm import alarms
from broadcasts.selectors.progress import visible_broadcasts
from broadcasts.selectors.switch import stops
from broadcasts.services.complaints import ComplaintDraft, record_complaint
from broadcasts.services.switch import AlreadySo, resume_all, stop_all
from contacts.api import NewestFirst
from contacts.models import Contact
from contacts.selectors.visibility import visible_contacts
from scrm.console.views import operator_of
from scrm.errors import InvalidInput
from scrm.parsing import MomentField


class NothingToDo(APIException):
    """It is so already."""

    status_code = status.HTTP_409_CONFLICT


class ComplaintPermission(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        verb = "add" if request.method == "POST" else "view"
        return bool(request.user and request.user.has_perm(f"broadcasts.{verb}_complaint"))


class AlarmPermission(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.has_perm("broadcasts.view_broadcast"))


class StopPermission(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        verb = "add" if request.method == "POST" else "view"
        return bool(request.user and request.user.has_perm(f"broadcasts.{verb}_stopswitch"))


class ComplaintPages(NewestFirst):
    ordering = ("-at", "-pk")


class ComplaintSerializer(serializers.ModelSerializer[Complaint]):
    """A complaint. The customer by `external_userid`; the same `external_id` twice is one."""

    external_userid = serializers.SlugRelatedField[Contact](
        source="contact", slug_field="external_userid", queryset=Contact.objects.none()
    )
    broadcast = serializers.PrimaryKeyRelatedField[Broadcast](
        queryset=Broadcast.objects.none(), required=False, allow_null=True
    )
    at = MomentField()
    words = serializers.CharField(required=False, allow_blank=True, max_length=300)
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=64)

    class Meta:
        model = Complaint
        fields = ("id", "external_userid", "at", "words", "broadcast", "external_id", "recorded_at")
        read_only_fields = ("recorded_at",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            operator = operator_of(request)
            choices = {
                "external_userid": visible_contacts(operator),
                "broadcast": visible_broadcasts(operator),
            }
            for name, queryset in choices.items():
                field: Any = self.fields[name]
                field.queryset = queryset

    def create(self, validated_data: dict[str, Any]) -> Complaint:
        try:
            return record_complaint(
                draft=ComplaintDraft(**validated_data),
                operator=operator_of(self.context["request"]),
                now=timezone.now(),
            )
        except InvalidInput as error:
            raise ValidationError({error.field: [str(error)]}) from error


class ComplaintViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    viewsets.GenericViewSet[Complaint],
):
    """Complaints of customers (投诉). The harm guard counts them."""

    serializer_class = ComplaintSerializer
    permission_classes = [ComplaintPermission]
    pagination_class = ComplaintPages
    queryset = Complaint.objects.none()
    filterset_fields = ("broadcast", "contact")

    def get_queryset(self) -> QuerySet[Complaint]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_complaints(operator_of(self.request))


class HarmAlarmSerializer(serializers.ModelSerializer[HarmAlarm]):
    """An alarm with the figures it was raised on, and what was learned."""

    broadcast = serializers.IntegerField(source="broadcast_id")
    name = serializers.CharField(source="broadcast.name")
    touched = serializers.IntegerField(source="look.touched")
    losses = serializers.IntegerField(source="look.losses")
    usual = serializers.FloatField(source="look.expected")
    limit = serializers.IntegerField(source="look.limit")
    post_mortem = serializers.CharField(source="broadcast.post_mortem")

    class Meta:
        model = HarmAlarm
        fields = (
            "broadcast",
            "name",
            "raised_at",
            "was_stopped",
            "touched",
            "losses",
            "usual",
            "limit",
            "post_mortem",
            "noted_at",
        )


class AlarmPages(NewestFirst):
    ordering = ("-raised_at", "-pk")


class HarmAlarmViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[HarmAlarm]):
    """Alarms of the harm guard (伤害预警)."""

    serializer_class = HarmAlarmSerializer
    permission_classes = [AlarmPermission]
    pagination_class = AlarmPages
    queryset = HarmAlarm.objects.none()

    def get_queryset(self) -> QuerySet[HarmAlarm]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return alarms(operator_of(self.request))


class StopSerializer(serializers.ModelSerializer[StopSwitch]):
    """One time all sending was stopped; it still is while `resumed_at` is null."""

    reason = serializers.CharField(max_length=200)

    class Meta:
        model = StopSwitch
        fields = ("id", "reason", "with_welcomes", "stopped_at", "resumed_at")
        read_only_fields = ("stopped_at", "resumed_at")

    def create(self, validated_data: dict[str, Any]) -> StopSwitch:
        try:
            return stop_all(
                reason=validated_data["reason"],
                with_welcomes=validated_data.get("with_welcomes", False),
                operator=operator_of(self.context["request"]),
                now=timezone.now(),
            )
        except InvalidInput as error:
            raise ValidationError({error.field: [str(error)]}) from error
        except AlreadySo as error:
            raise NothingToDo(str(error), code=error.code) from error


class StopPages(NewestFirst):
    ordering = ("-stopped_at", "-pk")


class StopViewSet(
    mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet[StopSwitch]
):
    """The switch that stops all sending (一键停发). A POST stops, `resume` lets it go on."""

    serializer_class = StopSerializer
    permission_classes = [StopPermission]
    pagination_class = StopPages
    queryset = StopSwitch.objects.none()

    def get_queryset(self) -> QuerySet[StopSwitch]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return stops()

    @extend_schema(request=None, responses=StopSerializer)
    @action(detail=False, methods=["post"])
    def resume(self, request: Request) -> Response:
        """Let everything go on, as far as windows are open. 409 when nothing is stopped."""
        try:
            stop = resume_all(operator=operator_of(request), now=timezone.now())
        except AlreadySo as error:
            raise NothingToDo(str(error), code=error.code) from error
        return Response(StopSerializer(stop, context={"request": request}).data)


VIEWSETS = {
    "complaints": ComplaintViewSet,
    "harm-alarms": HarmAlarmViewSet,
    "sending-stops": StopViewSet,
}
