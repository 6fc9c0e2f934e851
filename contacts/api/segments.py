"""REST access to segments: save, count, archive, fix members, versions, why somebody is in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import LastChangedFirst, MayView, ModelPermissions, operator_of
from contacts.models import Segment, SegmentVersion
from contacts.selectors import audiences, segments
from contacts.selectors.segment_uses import uses_of
from contacts.selectors.visibility import visible_contacts
from contacts.services.segments import (
    SegmentChanged,
    SegmentInUse,
    archive_segment,
    create_segment,
    recount_segment,
    restore_version,
    update_segment,
)
from contacts.services.static_segments import freeze_segment, refreeze_segment
from scrm.console.fields import row_number
from scrm.errors import InvalidInput
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError


class MayChange(ModelPermissions):
    perms_map = ModelPermissions.perms_map | {
        "GET": ["%(app_label)s.change_%(model_name)s"],
        "POST": ["%(app_label)s.change_%(model_name)s"],
    }


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    """A saved segment (人群). `words` is the rule in the language of the request; `size` is null
    for who sees only some customers. A static one has `frozen_at`, and `source`, the segment
    its members come from.
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
            "frozen_at",
            "source",
        )
        read_only_fields = ("version", "evaluated_at", "updated_at", "frozen_at", "source")
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


class SegmentChangeSerializer(serializers.Serializer[Any]):
    """What to change. `version` is the one the change was made on; another in between is 409."""

    version = serializers.IntegerField(min_value=1)
    name = serializers.CharField(required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=256)
    rule = serializers.JSONField(required=False)


class VersionSerializer(serializers.ModelSerializer[SegmentVersion]):
    class Meta:
        model = SegmentVersion
        fields = ("version", "rule", "at")
        read_only_fields = ("rule", "at")
        extra_kwargs: dict[str, Any] = {"version": {"min_value": 1}}


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class UseSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    name = serializers.CharField()


class WhyLineSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    depth = serializers.IntegerField()
    is_group = serializers.BooleanField()
    words = serializers.CharField()
    own = serializers.CharField()
    holds = serializers.BooleanField()


class WhySerializer(serializers.Serializer[Any]):
    """Whether a customer is in; each group and condition of the rule with her own value."""

    is_in = serializers.BooleanField()
    lines = WhyLineSerializer(many=True)


class SegmentViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[Segment],
):
    """Saved segments: list, read, create, change, and count rules without saving them."""

    queryset = Segment.objects.none()
    serializer_class = SegmentSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = LastChangedFirst

    def get_queryset(self) -> QuerySet[Segment]:
        return segments.live_segments()

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        with _told():
            serializer.instance = create_segment(
                name=given["name"],
                description=given.get("description", ""),
                rule=given["rule"],
                **self._acting(),
            )

    @extend_schema(request=SegmentChangeSerializer, responses=SegmentSerializer)
    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Change a segment; another rule makes a new version."""
        segment = self.get_object()
        asked = SegmentChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        now = {
            "name": segment.name,
            "description": segment.description,
            "rule": segment.rule,
            **asked.validated_data,
        }
        with _told():
            saved = update_segment(segment_id=segment.pk, **now, **self._acting())
        return self._answer(saved)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def archive(self, _request: Request, **_kwargs: Any) -> Response:
        """Take a segment out of every list; 409 while something uses it."""
        with _told():
            archive_segment(segment_id=self.get_object().pk, **self._acting())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=UseSerializer(many=True))
    @action(detail=True, pagination_class=None, permission_classes=[MayChange])
    def uses(self, _request: Request, **_kwargs: Any) -> Response:
        """What still needs the segment."""
        return Response(UseSerializer(uses_of(self.get_object()), many=True).data)

    @extend_schema(responses=VersionSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def versions(self, _request: Request, **_kwargs: Any) -> Response:
        """The rules it has had, the newest first."""
        rows = self.get_object().versions.order_by("-version")[:100]
        return Response(VersionSerializer(rows, many=True).data)

    @extend_schema(request=VersionSerializer, responses=SegmentSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def restore(self, request: Request, **_kwargs: Any) -> Response:
        """Give it the rule of an earlier version, as a new version."""
        asked = VersionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        segment = self.get_object()
        version = asked.validated_data["version"]
        get_object_or_404(segment.versions, version=version)
        with _told():
            restored = restore_version(segment_id=segment.pk, version=version, **self._acting())
        return self._answer(restored)

    @extend_schema(request=NameSerializer, responses={201: SegmentSerializer})
    @action(detail=True, methods=["post"])
    def freeze(self, request: Request, **_kwargs: Any) -> Response:
        """Make a static segment of who is in it now."""
        asked = NameSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        name = asked.validated_data["name"]
        with _told():
            frozen = freeze_segment(segment_id=self.get_object().pk, name=name, **self._acting())
        return self._answer(frozen, code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=SegmentSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def refreeze(self, _request: Request, **_kwargs: Any) -> Response:
        """Take the members of a static segment anew."""
        with _told():
            return self._answer(refreeze_segment(segment_id=self.get_object().pk, **self._acting()))

    @extend_schema(
        parameters=[OpenApiParameter("contact", OpenApiTypes.INT, required=True)],
        responses=WhySerializer,
    )
    @action(detail=True)
    def why(self, request: Request, **_kwargs: Any) -> Response:
        """Why a customer is in or out."""
        segment = self.get_object()
        asked = row_number(request.query_params.get("contact", ""))
        if asked is None:
            raise serializers.ValidationError({"contact": [_("Say whom: give a customer's id.")]})
        contact = get_object_or_404(visible_contacts(operator_of(request)), pk=asked)
        with _told():
            found = audiences.why(contact.pk, read_rule(segment.rule), timezone.now())
        return Response(WhySerializer(found or audiences.Why(is_in=False, lines=[])).data)

    def _acting(self) -> dict[str, Any]:
        return {"now": timezone.now(), "operator": operator_of(self.request)}

    def _answer(self, segment: Segment, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(segment).data, status=code)

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
        with _told():
            recount_segment(segment_id=segment.pk, now=timezone.now())
        segment.refresh_from_db()
        return self._answer(segment)


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the services as answers: 400 with the field, 409 for what stands in the way."""
    try:
        yield
    except RuleError as error:
        raise serializers.ValidationError({"rule": [str(error)]}) from error
    except InvalidInput as error:
        raise serializers.ValidationError({error.field or "detail": [str(error)]}) from error
    except (SegmentChanged, SegmentInUse) as error:
        raise Conflict(str(error)) from error
