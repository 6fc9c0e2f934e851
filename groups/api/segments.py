"""REST access to group segments (群人群), and counting of rules about groups."""

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
from contacts.api.segments import RuleCountSerializer, RuleSerializer
from groups.models import GroupSegment
from groups.selectors import audiences
from groups.services.segments import create_group_segment
from scrm.errors import InvalidInput
from scrm.segments.parse import RuleError


class GroupSegmentSerializer(serializers.ModelSerializer[GroupSegment]):
    """A saved rule about groups. `words` is the rule in the language of the request, `size` how
    many of the groups that the operator may see fit now.
    """

    words = serializers.SerializerMethodField()
    size = serializers.SerializerMethodField()
    rule = serializers.JSONField()
    # Two fields ask about each segment, one after the other.
    _last: audiences.Shown | None = None

    class Meta:
        model = GroupSegment
        fields = ("id", "name", "description", "rule", "words", "version", "size", "updated_at")
        read_only_fields = ("version", "updated_at")
        # The service answers for the name, archived segments left out.
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def get_words(self, segment: GroupSegment) -> str:
        shown = self._shown(segment)
        return shown.words or shown.problem

    def get_size(self, segment: GroupSegment) -> int | None:
        return self._shown(segment).size

    def _shown(self, segment: GroupSegment) -> audiences.Shown:
        if self._last is None or self._last.segment is not segment:
            operator = operator_of(self.context["request"])
            self._last = audiences.shown(segment, operator, timezone.now())
        return self._last


class GroupSegmentViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[GroupSegment],
):
    """Saved rules about groups: list, read, create, and count rules without saving them."""

    queryset = GroupSegment.objects.none()
    serializer_class = GroupSegmentSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = LastChangedFirst

    def get_queryset(self) -> QuerySet[GroupSegment]:
        return audiences.live_segments()

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        try:
            serializer.instance = create_group_segment(
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
        """Count the groups a rule picks; nothing is saved. A wrong rule answers 400."""
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
        code = status.HTTP_400_BAD_REQUEST if found.errors else status.HTTP_200_OK
        return Response(answer.data, status=code)
