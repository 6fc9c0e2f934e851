"""REST: broadcasts – write drafts, look before they go out, approve, schedule, stop, results."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from broadcasts.api.answers import ByAction, Conflict, said
from broadcasts.api.broadcast_answers import (
    DryRunSerializer,
    GroupResultSerializer,
    RecipientSerializer,
    RemindedSerializer,
    ResultsSerializer,
    ReviewSerializer,
    StopReasonSerializer,
    results_of,
)
from broadcasts.api.broadcast_fields import BroadcastSerializer
from broadcasts.models import Broadcast
from broadcasts.selectors.approval import needs_approval
from broadcasts.selectors.current_rules import renewed
from broadcasts.selectors.dry_run import dry_run
from broadcasts.selectors.group_dry_run import group_dry_run
from broadcasts.selectors.group_results import group_recipients
from broadcasts.selectors.progress import visible_broadcasts
from broadcasts.selectors.recipients import visible_recipients
from broadcasts.services import compose, control, review
from contacts.api.base import NewestFirst
from groups.api.duplicates import NewestKeyFirst
from scrm.console.views import operator_of

State = Broadcast.State
CHANGE, APPROVE = "broadcasts.change_broadcast", "broadcasts.approve_broadcast"
CHANGING = (
    "partial_update",
    "destroy",
    "submit",
    "withdraw",
    "schedule",
    "pause",
    "resume",
    "stop",
    "remind",
)


class BroadcastPermission(ByAction):
    looking = "broadcasts.view_broadcast"
    needed = {
        **dict.fromkeys(CHANGING, CHANGE),
        **dict.fromkeys(("approve", "reject"), APPROVE),
        "create": "broadcasts.add_broadcast",
    }


class NewestBroadcastsFirst(NewestFirst):
    ordering = ("-created_at", "-pk")


class ByCustomer(NewestKeyFirst):
    ordering = ("contact_id",)


class GroupPages(PageNumberPagination):
    page_size = 100


def _filter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, description=description)


OUTCOMES = [
    _filter("state", "chosen, excluded or held_out"),
    _filter("reason", "the code of a reason"),
    _filter("result", "sent, open, or the code of a result"),
]


class BroadcastViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Broadcast],
):
    """Broadcasts to customers and to groups (群发)."""

    serializer_class = BroadcastSerializer
    permission_classes = [BroadcastPermission]
    pagination_class = NewestBroadcastsFirst
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    queryset = Broadcast.objects.none()
    filterset_fields = ("state", "kind", "segment", "group_segment", "plan", "origin")

    def get_queryset(self) -> QuerySet[Broadcast]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_broadcasts(operator_of(self.request)).prefetch_related("variants")

    def perform_destroy(self, instance: Broadcast) -> None:
        with said():
            compose.delete_draft(broadcast=instance, **self._who())

    @extend_schema(responses=DryRunSerializer)
    @action(detail=True, methods=["get"])
    def dry_run(self, request: Request, pk: str | None = None) -> Response:
        """What fixing the audience now would give. 409 once the audience is fixed."""
        broadcast, now = self.get_object(), timezone.now()
        if broadcast.state not in {State.DRAFT, State.REVIEW, State.SCHEDULED}:
            raise Conflict
        if broadcast.state == State.DRAFT:
            renewed(broadcast)
        with said():
            run = (group_dry_run if broadcast.is_for_groups else dry_run)(broadcast, now=now)
            needed = needs_approval(broadcast, operator_of(request), now=now)
        names = ("at", "total", "chosen", "held_out", "excluded", "left_out", "staff")
        found = {name: getattr(run, name) for name in names}
        found |= {"members": getattr(run, "members", None), "needs_approval": needed}
        return Response(DryRunSerializer(found).data)

    @extend_schema(request=None, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, pk: str | None = None) -> Response:
        """Let a draft start when its window opens. 403 when it has to be submitted instead."""
        return self._done(control.schedule)

    @extend_schema(request=None, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str | None = None) -> Response:
        """Ask for approval; nothing of it can be changed until it is sent back."""
        return self._done(review.submit)

    @extend_schema(request=None, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str | None = None) -> Response:
        """Take back what one has submitted."""
        return self._done(review.withdraw)

    @extend_schema(request=ReviewSerializer, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """Let what was submitted start when its window opens."""
        return self._done(review.approve, note=self._word(ReviewSerializer, "note"))

    @extend_schema(request=ReviewSerializer, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str | None = None) -> Response:
        """Send it back to its author, with a `note` on what to change."""
        return self._done(review.reject, note=self._word(ReviewSerializer, "note"))

    @extend_schema(request=StopReasonSerializer, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str | None = None) -> Response:
        """Hand nothing more over; tasks that staff have stay with them."""
        return self._done(control.pause, note=self._word(StopReasonSerializer, "reason"))

    @extend_schema(request=None, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str | None = None) -> Response:
        """Go on where it was paused."""
        return self._done(control.resume)

    @extend_schema(request=StopReasonSerializer, responses=BroadcastSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str | None = None) -> Response:
        """Send nothing more; open tasks of staff are cancelled in WeCom."""
        return self._done(control.stop, note=self._word(StopReasonSerializer, "reason"))

    @extend_schema(request=None, responses=RemindedSerializer)
    @action(detail=True, methods=["post"])
    def remind(self, request: Request, pk: str | None = None) -> Response:
        """Remind staff who have not confirmed, now. 409 at the fourth time within 24 hours."""
        broadcast = self.get_object()
        with said():
            tasks = control.remind(broadcast=broadcast, **self._who())
        broadcast.refresh_from_db()
        left = control.reminders_left(broadcast, now=timezone.now())
        return Response(RemindedSerializer({"tasks": tasks, "left": left}).data)

    @extend_schema(responses=ResultsSerializer)
    @action(detail=True, methods=["get"])
    def results(self, request: Request, pk: str | None = None) -> Response:
        """How far it is: by batch state, staff, version, failed and left out by reason."""
        return Response(ResultsSerializer(results_of(self.get_object())).data)

    @extend_schema(parameters=OUTCOMES, responses=RecipientSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=ByCustomer, filterset_fields=())
    def recipients(self, request: Request, pk: str | None = None) -> Response:
        """What became of each customer of a broadcast to customers, once its audience is fixed."""
        rows: Any = visible_recipients(self.get_object(), operator_of(request), **self._outcome())
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(RecipientSerializer(page, many=True).data)

    @extend_schema(parameters=OUTCOMES, responses=GroupResultSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=GroupPages, filterset_fields=())
    def groups(self, request: Request, pk: str | None = None) -> Response:
        """What became of each group of a broadcast to groups."""
        rows: Any = group_recipients(self.get_object(), operator_of(request), **self._outcome())
        page: Any = self.paginate_queryset(rows.order_by("group_id"))
        return self.get_paginated_response(GroupResultSerializer(page, many=True).data)

    def _outcome(self) -> dict[str, str]:
        return {
            name: self.request.query_params.get(name, "").replace("\0", "")
            for name in ("state", "reason", "result")
        }

    def _done(self, verb: Any, **more: Any) -> Response:
        broadcast = self.get_object()
        with said():
            verb(broadcast=broadcast, **self._who(), **more)
        return Response(self.get_serializer(self.get_object()).data)

    def _word(self, form: type[Any], name: str) -> str:
        # A 404 comes before any word on the body.
        self.get_object()
        given = form(data=self.request.data)
        given.is_valid(raise_exception=True)
        return str(given.validated_data[name])

    def _who(self) -> dict[str, Any]:
        return {"operator": operator_of(self.request), "now": timezone.now()}


VIEWSETS = {"broadcasts": BroadcastViewSet}
