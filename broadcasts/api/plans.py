"""REST: recurring broadcasts (周期群发)."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from broadcasts.api.answers import ByAction, said
from broadcasts.models import Broadcast, BroadcastPlan
from broadcasts.policy.recurrence import Rhythm
from broadcasts.selectors.plans import listed_plans, rhythm_words
from broadcasts.selectors.progress import visible_broadcasts
from broadcasts.services.plan_changes import delete_plan
from broadcasts.services.plans import create_plan, switch_plan
from contacts.api.base import NewestFirst
from scrm.console.views import operator_of

CHANGE = "broadcasts.change_broadcastplan"


class PlanPermission(ByAction):
    looking = "broadcasts.view_broadcastplan"
    needed = {
        **dict.fromkeys(("pause", "resume", "destroy"), CHANGE),
        "create": "broadcasts.add_broadcastplan",
    }


class PlanSerializer(serializers.ModelSerializer[BroadcastPlan]):
    """A recurring broadcast. It says what the draft `broadcast` says when it is made; the window
    is from `time` to `until` of each day it falls on, in the house's time zone.
    """

    broadcast = serializers.PrimaryKeyRelatedField[Broadcast](
        queryset=Broadcast.objects.none(), write_only=True
    )
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7),
        required=False,
        max_length=7,
        help_text="1 is Monday; for `every` week.",
    )
    day = serializers.IntegerField(
        min_value=1,
        max_value=31,
        required=False,
        allow_null=True,
        help_text="Of the month; a shorter one has it on its last day.",
    )
    time = serializers.TimeField()
    until = serializers.TimeField()
    words = serializers.SerializerMethodField()
    made = serializers.IntegerField(read_only=True, default=0)
    last_at = serializers.DateTimeField(read_only=True, allow_null=True, default=None)

    class Meta:
        model = BroadcastPlan
        fields = (
            "id",
            "broadcast",
            "name",
            "kind",
            "every",
            "weekdays",
            "day",
            "time",
            "until",
            "words",
            "next_at",
            "is_active",
            "made",
            "last_at",
            "created_at",
        )
        read_only_fields = ("name", "kind", "next_at", "is_active", "created_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            field: Any = self.fields["broadcast"]
            field.queryset = visible_broadcasts(operator_of(request))

    @extend_schema_field(serializers.CharField())
    def get_words(self, plan: BroadcastPlan) -> str:
        return rhythm_words(plan)

    def create(self, validated_data: dict[str, Any]) -> BroadcastPlan:
        opens: time = validated_data["time"]
        rhythm = Rhythm(
            zone=timezone.get_default_timezone(),
            every=validated_data["every"],
            opens=opens.replace(tzinfo=None),
            closes=validated_data["until"].replace(tzinfo=None),
            weekdays=frozenset(validated_data.get("weekdays") or ()),
            day=validated_data.get("day"),
        )
        with said(window_start="time", window_end="until"):
            return create_plan(
                broadcast=validated_data["broadcast"],
                rhythm=rhythm,
                operator=operator_of(self.context["request"]),
                now=timezone.now(),
            )


class NewestPlansFirst(NewestFirst):
    ordering = ("-created_at", "-pk")


class PlanViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[BroadcastPlan],
):
    """Recurring broadcasts (周期群发)."""

    serializer_class = PlanSerializer
    permission_classes = [PlanPermission]
    pagination_class = NewestPlansFirst
    queryset = BroadcastPlan.objects.none()
    filterset_fields = ("is_active", "kind", "every")

    def get_queryset(self) -> QuerySet[BroadcastPlan]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return listed_plans(operator_of(self.request))

    def perform_destroy(self, instance: BroadcastPlan) -> None:
        """409 when broadcasts came of it: they name it, so pause it instead."""
        with said():
            delete_plan(plan=instance, operator=operator_of(self.request), now=timezone.now())

    @extend_schema(request=None, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str | None = None) -> Response:
        """Make nothing of it until it is resumed."""
        return self._switched(is_active=False)

    @extend_schema(request=None, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str | None = None) -> Response:
        """Go on from its next time."""
        return self._switched(is_active=True)

    def _switched(self, *, is_active: bool) -> Response:
        operator, now = operator_of(self.request), timezone.now()
        with said():
            switch_plan(plan=self.get_object(), is_active=is_active, operator=operator, now=now)
        return Response(self.get_serializer(self.get_object()).data)


VIEWSETS = {"broadcast-plans": PlanViewSet}
