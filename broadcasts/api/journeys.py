"""REST: journeys – write, check and publish them, pause and end them, put segments in, read runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from broadcasts.models import Journey, JourneyEnrolment, JourneyRun, JourneyStepLog
from broadcasts.selectors.journey_definitions import draft_problems
from broadcasts.selectors.journey_figures import figures, visible_runs
from broadcasts.selectors.journey_orders import buyers_after
from broadcasts.services import journey_enrolments, journeys
from broadcasts.services.journey_exits import take_out
from broadcasts.services.journeys import NotPublishable
from contacts.models import Segment
from groups.models import GroupSegment
from scrm.console.views import operator_of
from scrm.errors import InvalidInput, ScrmError


class Conflict(APIException):
    """The journey is in a state in which this cannot be done."""

    status_code = status.HTTP_409_CONFLICT


class NewestRuns(CursorPagination):
    """Pages by cursor: there may be a million runs."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering: Any = ("-pk",)

    def decode_cursor(self, request: Request) -> Any:
        """404 for a cursor that names no run, too."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            position = str(cursor.position)
            if not (position.isascii() and position.isdigit() and len(position) < 19):
                raise NotFound(self.invalid_cursor_message)
        return cursor


class JourneyPermission(BasePermission):
    """The same permissions as on the pages, by action."""

    needed = {
        "create": "add",
        "update": "change",
        "publish": "change",
        "pause": "change",
        "resume": "change",
        "archive": "change",
        "enrol": "change",
        "take_out": "change",
    }

    def has_permission(self, request: Request, view: Any) -> bool:
        verb = self.needed.get(view.action, "view")
        return bool(request.user and request.user.has_perm(f"broadcasts.{verb}_journey"))


class JourneySerializer(serializers.ModelSerializer[Journey]):
    """A journey. `draft` is the definition as it is edited (docs/recipes.md has its form); it may
    hold mistakes until it is published. `version` is the number in force.
    """

    name = serializers.CharField(max_length=64)
    description = serializers.CharField(max_length=256, required=False, allow_blank=True)
    draft = serializers.DictField(required=False)
    version = serializers.IntegerField(source="version.number", read_only=True, default=None)
    has_changes = serializers.BooleanField(read_only=True)
    revision = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="Counts the changes of the draft. Sent with a PUT, it answers 409 when somebody "
        "else has changed it since.",
    )

    class Meta:
        model = Journey
        fields = (
            "id",
            "name",
            "description",
            "subject",
            "state",
            "version",
            "has_changes",
            "revision",
            "draft",
            "created_at",
            "updated_at",
            "live_at",
        )
        read_only_fields = ("state", "created_at", "updated_at", "live_at")

    def create(self, validated_data: dict[str, Any]) -> Journey:
        validated_data.pop("revision", None)
        values = {"subject": Journey.Subject.CONTACT.value, **validated_data}
        return self._said(journeys.create_journey, **values)

    def update(self, instance: Journey, validated_data: dict[str, Any]) -> Journey:
        if validated_data.pop("subject", instance.subject) != instance.subject:
            raise ValidationError(
                {"subject": [gettext("The subject of a journey cannot be changed.")]}
            )
        seen = journeys.Seen(validated_data.pop("revision", None))
        return self._said(journeys.save_draft, journey=instance, seen=seen, **validated_data)

    def _said(self, verb: Callable[..., Journey], **values: Any) -> Journey:
        operator = operator_of(self.context["request"])
        try:
            return verb(operator=operator, now=timezone.now(), **values)
        except InvalidInput as error:
            raise ValidationError({error.field or "non_field_errors": [str(error)]}) from error
        except ScrmError as error:
            raise Conflict(str(error), code=error.code) from error


class MistakeSerializer(serializers.Serializer[Any]):
    """One mistake of a draft; `step` is empty for the journey itself."""

    step = serializers.CharField(allow_blank=True)
    field = serializers.CharField()
    message = serializers.CharField()


class StepLineSerializer(serializers.ModelSerializer[JourneyStepLog]):
    broadcast = serializers.IntegerField(source="broadcast_id", allow_null=True)

    class Meta:
        model = JourneyStepLog
        fields = ("at", "step", "what", "reason", "until", "broadcast")


class RunSerializer(serializers.ModelSerializer[JourneyRun]):
    """One customer or group on its way; `log` only when it is asked for alone."""

    version = serializers.IntegerField(source="version.number")
    external_userid = serializers.SerializerMethodField()
    chat_id = serializers.SerializerMethodField()

    class Meta:
        model = JourneyRun
        fields = (
            "id",
            "version",
            "external_userid",
            "chat_id",
            "state",
            "step",
            "entered_at",
            "reached_at",
            "due_at",
            "ended_at",
            "held_by",
            "reason",
        )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_external_userid(self, run: JourneyRun) -> str | None:
        return run.contact.external_userid if run.contact else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_chat_id(self, run: JourneyRun) -> str | None:
        return run.group.chat_id if run.group else None


class EnrolSerializer(serializers.Serializer[Any]):
    """Whom to put in: a segment of customers, or of groups for a journey of groups."""

    segment = serializers.IntegerField()


class EnrolmentSerializer(serializers.ModelSerializer[JourneyEnrolment]):
    class Meta:
        model = JourneyEnrolment
        fields = ("id", "name", "state", "total", "problem", "created_at", "finished_at")


class StepFiguresSerializer(serializers.Serializer[Any]):
    reached = serializers.IntegerField()
    done = serializers.IntegerField()
    skipped = serializers.IntegerField()
    exited = serializers.IntegerField()
    standing = serializers.IntegerField()
    sending = serializers.IntegerField()


class JourneyFiguresSerializer(serializers.Serializer[Any]):
    begun = serializers.IntegerField()
    open = serializers.IntegerField()
    done = serializers.IntegerField()
    exited = serializers.IntegerField()
    refused = serializers.IntegerField()
    steps = serializers.DictField(child=StepFiguresSerializer())
    skipped_by = serializers.DictField(child=serializers.IntegerField())
    exited_by = serializers.DictField(child=serializers.IntegerField())
    held_by = serializers.DictField(child=serializers.IntegerField())
    buyers_after = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="By message, customers who paid an order within seven days after it arrived.",
    )


class JourneyViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Journey],
):
    """Journeys (SOP旅程)."""

    serializer_class = JourneySerializer
    permission_classes = [JourneyPermission]
    queryset = Journey.objects.select_related("version")
    filterset_fields = ("state", "subject")
    http_method_names = ["get", "post", "put", "head", "options"]

    @extend_schema(responses=MistakeSerializer(many=True))
    @action(detail=True, methods=["get"])
    def mistakes(self, request: Request, pk: str | None = None) -> Response:
        """Everything that keeps the draft from being published; empty when nothing does."""
        _definition, found = draft_problems(self.get_object().draft)
        return Response(MistakeSerializer(found, many=True).data)

    @extend_schema(request=None, responses={200: JourneySerializer, 400: MistakeSerializer})
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str | None = None) -> Response:
        """Put the draft into force; runs finish on their version. 400 names every mistake."""
        return self._act(journeys.publish)

    @extend_schema(request=None, responses=JourneySerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str | None = None) -> Response:
        """Take nobody in and move nobody on. 409 unless it is active."""
        return self._act(journeys.pause)

    @extend_schema(request=None, responses=JourneySerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str | None = None) -> Response:
        """Go on. 409 unless it is paused."""
        return self._act(journeys.resume)

    @extend_schema(request=None, responses=JourneySerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str | None = None) -> Response:
        """End it for good: open runs leave. 409 when it is archived already."""
        return self._act(journeys.archive)

    @extend_schema(request=EnrolSerializer, responses={202: EnrolmentSerializer})
    @action(detail=True, methods=["post"])
    def enrol(self, request: Request, pk: str | None = None) -> Response:
        """Let everybody in a segment begin; a worker does it. 409 unless the journey is active."""
        journey = self.get_object()
        asked = EnrolSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        model = Segment if journey.subject == Journey.Subject.CONTACT else GroupSegment
        rows: QuerySet[Any] = model._default_manager.filter(is_archived=False)
        segment = rows.filter(pk=asked.validated_data["segment"]).first()
        if segment is None:
            raise ValidationError({"segment": [gettext("Choose a segment that exists.")]})
        try:
            enrolment = journey_enrolments.enrol(
                journey=journey,
                segment=segment,
                operator=operator_of(request),
                now=timezone.now(),
            )
        except ScrmError as error:
            raise Conflict(str(error), code=error.code) from error
        return Response(EnrolmentSerializer(enrolment).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses=EnrolmentSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_fields=())
    def enrolments(self, request: Request, pk: str | None = None) -> Response:
        """The last hundred, the newest first."""
        rows = self.get_object().enrolments.order_by("-pk")[:100]
        return Response(EnrolmentSerializer(rows, many=True).data)

    @extend_schema(responses=JourneyFiguresSerializer)
    @action(detail=True, methods=["get"])
    def figures(self, request: Request, pk: str | None = None) -> Response:
        """Who came to which step of the version in force, and what became of them."""
        version = self.get_object().version
        if version is None:
            raise Conflict(gettext("Nothing was published yet."))
        operator = operator_of(request)
        shown = {
            **vars(figures(version, operator)),
            "buyers_after": buyers_after(version, operator),
        }
        return Response(JourneyFiguresSerializer(shown).data)

    def _act(self, verb: Callable[..., object]) -> Response:
        journey = self.get_object()
        try:
            verb(journey=journey, operator=operator_of(self.request), now=timezone.now())
        except NotPublishable as error:
            problems = MistakeSerializer(error.problems, many=True).data
            raise ValidationError({"mistakes": problems}) from error
        except ScrmError as error:
            raise Conflict(str(error), code=error.code) from error
        return Response(JourneySerializer(journey, context={"request": self.request}).data)


class JourneyRunViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[JourneyRun]
):
    """Who is where in journeys (旅程进行), of customers and groups the asker may see."""

    serializer_class = RunSerializer
    permission_classes = [JourneyPermission]
    pagination_class = NewestRuns
    queryset = JourneyRun.objects.none()
    filterset_fields = ("journey", "state", "step")

    def get_queryset(self) -> QuerySet[JourneyRun]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        rows = visible_runs(operator_of(self.request))
        return rows.select_related("version", "contact", "group")

    @extend_schema(responses=StepLineSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_fields=())
    def log(self, request: Request, pk: str | None = None) -> Response:
        """What happened to the run at each step, the oldest first."""
        return Response(StepLineSerializer(self.get_object().log.order_by("pk"), many=True).data)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def take_out(self, request: Request, pk: str | None = None) -> Response:
        """End it by hand. 409 when it is over already."""
        run = self.get_object()
        if not take_out(run=run, operator=operator_of(request), now=timezone.now()):
            raise Conflict(gettext("This run is over already."))
        return Response(RunSerializer(self.get_object()).data)


VIEWSETS = {"journeys": JourneyViewSet, "journey-runs": JourneyRunViewSet}
