"""REST: broadcasts – write drafts, look before they go out, schedule, stop, read results."""

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

from broadcasts.models import Broadcast, TouchClass
from broadcasts.selectors.current_rules import renewed
from broadcasts.selectors.dry_run import DryRun, dry_run
from broadcasts.selectors.policy import policy_settings
from broadcasts.selectors.progress import Progress, progress, visible_broadcasts
from broadcasts.services import compose, control
from contacts.selectors.segments import live_segments
from scrm.console.views import operator_of
from scrm.errors import InvalidInput, ScrmError
from scrm.parsing import MomentField


class Conflict(APIException):
    """The broadcast is in a state in which this cannot be done."""

    status_code = status.HTTP_409_CONFLICT


class BroadcastPermission(BasePermission):
    """The same permissions as on the pages, by action."""

    needed = {"create": "add", "schedule": "change", "stop": "change"}

    def has_permission(self, request: Request, view: Any) -> bool:
        verb = self.needed.get(view.action, "view")
        return bool(request.user and request.user.has_perm(f"broadcasts.{verb}_broadcast"))


class BroadcastSerializer(serializers.ModelSerializer[Broadcast]):
    """A broadcast; only what an operator writes can be written."""

    segment = serializers.PrimaryKeyRelatedField(queryset=live_segments())
    benefit = serializers.CharField(help_text="What the customer gains, in one sentence.")
    holdout_percent = serializers.IntegerField(min_value=0, max_value=50, required=False)
    window_start = MomentField()
    window_end = MomentField()
    sent = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Broadcast
        fields = (
            "id",
            "name",
            "benefit",
            "segment",
            "segment_version",
            "text",
            "attachments",
            "touch_class",
            "holdout_percent",
            "window_start",
            "window_end",
            "kind",
            "state",
            "stop_reason",
            "chosen",
            "held_out",
            "excluded",
            "sent",
            "created_at",
            "scheduled_at",
            "frozen_at",
            "finished_at",
        )
        read_only_fields = (
            "segment_version",
            "kind",
            "state",
            "stop_reason",
            "chosen",
            "held_out",
            "excluded",
            "created_at",
            "scheduled_at",
            "frozen_at",
            "finished_at",
        )

    def create(self, validated_data: dict[str, Any]) -> Broadcast:
        values = {
            "touch_class": TouchClass.LIGHT,
            "holdout_percent": policy_settings().holdout_percent,
            "attachments": [],
            **validated_data,
        }
        try:
            return compose.create_draft(
                draft=compose.Draft(**values),
                operator=operator_of(self.context["request"]),
                now=timezone.now(),
            )
        except InvalidInput as error:
            raise ValidationError({error.field or "non_field_errors": [str(error)]}) from error


class CountSerializer(serializers.Serializer[Any]):
    """So many customers for one reason, state or result."""

    code = serializers.CharField()
    words = serializers.CharField()
    count = serializers.IntegerField()


class StaffLoadSerializer(serializers.Serializer[Any]):
    userid = serializers.CharField(source="staff.userid")
    recipients = serializers.IntegerField()
    batches = serializers.IntegerField()


class ReasonSerializer(CountSerializer):
    code = serializers.CharField(source="reason")


class DryRunSerializer(serializers.Serializer[DryRun]):
    at = serializers.DateTimeField()
    total = serializers.IntegerField()
    chosen = serializers.IntegerField()
    held_out = serializers.IntegerField()
    excluded = serializers.IntegerField()
    left_out = ReasonSerializer(many=True)
    staff = StaffLoadSerializer(many=True)


class StaffResultSerializer(serializers.Serializer[Any]):
    userid = serializers.CharField(source="staff.userid")
    state = serializers.CharField()
    recipients = serializers.IntegerField()
    sent = serializers.IntegerField()
    confirmed_at = serializers.DateTimeField(allow_null=True)


class ResultsSerializer(serializers.Serializer[Progress]):
    chosen = serializers.IntegerField()
    sent = serializers.IntegerField()
    open = serializers.IntegerField()
    tasks = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    batches = CountSerializer(many=True)
    failed = CountSerializer(many=True)
    left_out = CountSerializer(many=True)
    staff = StaffResultSerializer(many=True)
    polled_at = serializers.DateTimeField(allow_null=True)


class BroadcastViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    viewsets.GenericViewSet[Broadcast],
):
    """Private broadcasts (客户群发)."""

    serializer_class = BroadcastSerializer
    permission_classes = [BroadcastPermission]
    queryset = Broadcast.objects.none()
    filterset_fields = ("state", "segment")

    def get_queryset(self) -> QuerySet[Broadcast]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_broadcasts(operator_of(self.request))

    @extend_schema(responses=DryRunSerializer)
    @action(detail=True, methods=["get"])
    def dry_run(self, request: Request, pk: str | None = None) -> Response:
        """What fixing the audience now would give. 409 once the audience is fixed."""
        broadcast = self.get_object()
        if broadcast.state not in {Broadcast.State.DRAFT, Broadcast.State.SCHEDULED}:
            raise Conflict
        if broadcast.state == Broadcast.State.DRAFT:
            renewed(broadcast)
        return Response(DryRunSerializer(dry_run(broadcast, now=timezone.now())).data)

    @extend_schema(request=None, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, pk: str | None = None) -> Response:
        """Let it start when its window opens. 409 unless it is a draft that fits its window."""
        return self._act(control.schedule)

    @extend_schema(request=None, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str | None = None) -> Response:
        """Send nothing more; open tasks of staff are cancelled in WeCom."""
        return self._act(control.stop)

    @extend_schema(responses=ResultsSerializer)
    @action(detail=True, methods=["get"])
    def results(self, request: Request, pk: str | None = None) -> Response:
        """How far it is: by batch state, by staff, failed by reason."""
        return Response(ResultsSerializer(progress(self.get_object())).data)

    def _act(self, verb: Any) -> Response:
        broadcast = self.get_object()
        try:
            verb(broadcast=broadcast, operator=operator_of(self.request), now=timezone.now())
        except ScrmError as error:
            raise Conflict(str(error), code=error.code) from error
        return Response(BroadcastSerializer(broadcast, context={"request": self.request}).data)


VIEWSETS = {"broadcasts": BroadcastViewSet}
