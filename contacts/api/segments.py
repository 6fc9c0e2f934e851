"""REST access to segments, and counting of rules."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import LastChangedFirst, MayView, ModelPermissions, operator_of
from contacts.models import Segment
from contacts.selectors import audiences, segments
from contacts.services.segments import create_segment, recount_segment
from scrm.errors import InvalidInput
from scrm.segments.parse import RuleError


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    """A saved segment (人群). `words` is the rule in the language of the request; `size` is null
    for who sees only some customers.
    """

    words = serializers.SerializerMethodField()
    size = serializers.SerializerMethodField()
    rule = serializers.JSONField()

    class Meta:
        model = Segment
        fields = (
            "id",
            "name",
            "description",
            "rule",
            "words",
            "version",
            "size",
            "evaluated_at",
            "updated_at",
        )
        read_only_fields = ("version", "evaluated_at", "updated_at")
        # The service answers for the name, archived segments left out.
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def get_words(self, segment: Segment) -> str:
        return segments.words_of(segment)

    def get_size(self, segment: Segment) -> int | None:
        return segment.size if operator_of(self.context["request"]).sees_everything else None


class RuleSerializer(serializers.Serializer[Any]):
    rule = serializers.JSONField()


class RuleErrorSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    message = serializers.CharField()


class RuleCountSerializer(serializers.Serializer[Any]):
    """`ms` is how long the count took; with `errors` the rest is empty."""

    count = serializers.IntegerField(allow_null=True)
    ms = serializers.IntegerField(allow_null=True)
    words = serializers.CharField()
    # The metaclass takes fields out of the class, so `Serializer.errors` stays what it is.
    errors = RuleErrorSerializer(many=True)  # type: ignore[assignment]


class SegmentViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[Segment],
):
    """Saved segments: list, read, create, and count rules without saving them."""

    queryset = Segment.objects.none()
    serializer_class = SegmentSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = LastChangedFirst

    def get_queryset(self) -> QuerySet[Segment]:
        return segments.live_segments()

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        try:
            serializer.instance = create_segment(
                name=given["name"],
                description=given.get("description", ""),
                rule=given["rule"],
                now=timezone.now(),
                operator=operator_of(self.request),
            )
        except RuleError as error:
            raise serializers.ValidationError({"rule": [str(error)]}) from error
        except InvalidInput as error:
            raise serializers.ValidationError({error.field: [str(error)]}) from error

    @extend_schema(request=RuleSerializer, responses=RuleCountSerializer)
    @action(detail=False, methods=["post"], permission_classes=[MayView])
    def count(self, request: Request) -> Response:
        """Count the customers a rule picks; nothing is saved. A wrong rule answers 400."""
        asked = RuleSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rule = asked.validated_data["rule"]
        found = audiences.preview(rule, operator_of(request), timezone.now())
        answer = RuleCountSerializer(
            {
                "count": found.count,
                "ms": found.milliseconds,
                "words": found.words,
                "errors": found.errors,
            }
        )
        is_wrong = bool(found.errors)
        code = status.HTTP_400_BAD_REQUEST if is_wrong else status.HTTP_200_OK
        return Response(answer.data, status=code)

    @extend_schema(request=None, responses=SegmentSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayView])
    def recount(self, _request: Request, **_kwargs: Any) -> Response:
        """Count a saved segment again and remember the size."""
        segment = self.get_object()
        try:
            recount_segment(segment_id=segment.pk, now=timezone.now())
        except RuleError as error:
            raise serializers.ValidationError({"rule": [str(error)]}) from error
        segment.refresh_from_db()
        return Response(self.get_serializer(segment).data)
