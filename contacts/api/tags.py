"""REST access to tags, their groups, the rules that keep them, and tagging jobs."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.models import Segment, Tag, TagGroup, TagJob, TagJobFailure, TagKind, TagRule
from contacts.selectors.tag_jobs import visible_failures, visible_jobs
from contacts.services import tag_library, tag_rules
from contacts.services.tag_jobs import TAGS_AT_ONCE, cancel_tag_job, start_tag_job
from scrm.errors import InvalidInput, ScrmError

_CONTACTS_AT_ONCE = 10_000
_LARGEST_KEY = 2**63 - 1


class InOrder(NewestFirst):
    """By number, the first made first."""

    ordering: Any = ("pk",)

    def decode_cursor(self, request: Request) -> Any:
        """404 for a cursor that names no number."""
        cursor = super(NewestFirst, self).decode_cursor(request)
        position = cursor.position if cursor is not None else None
        if position is not None and not (str(position).isdecimal() and len(str(position)) < 19):
            raise serializers.ValidationError({"cursor": [self.invalid_cursor_message]})
        return cursor


class LatestOrdered(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class LatestFailure(NewestFirst):
    ordering: Any = ("-at", "-pk")


def _refused(error: ScrmError) -> ValidationError:
    """400 with the sentence at the field it is about."""
    field = error.field if isinstance(error, InvalidInput) and error.field else "detail"
    return ValidationError({field: [str(error)]})


def _acting(request: Request | HttpRequest) -> dict[str, Any]:
    return {"operator": operator_of(request), "now": timezone.now()}  # type: ignore[arg-type]


class TagSerializer(serializers.ModelSerializer[Tag]):
    """A tag (标签). `is_ours`: made by our app, so that it may be changed; null: not known."""

    class Meta:
        model = Tag
        fields = ("id", "tag_id", "group", "name", "kind", "order", "is_ours")
        read_only_fields = ("tag_id", "kind", "order", "is_ours")


class TagGroupSerializer(serializers.ModelSerializer[TagGroup]):
    """A group of tags (标签组). `tag_names` are the tags it begins with; WeCom needs one."""

    tag_names = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=tag_library.NAMES_AT_ONCE,
        write_only=True,
        required=False,
    )

    class Meta:
        model = TagGroup
        fields = ("id", "group_id", "name", "kind", "order", "is_ours", "tag_names")
        read_only_fields = ("group_id", "order", "is_ours")


class MoveSerializer(serializers.Serializer[Any]):
    """Where to: one place up or down."""

    to = serializers.ChoiceField(choices=("up", "down"))


class RuleOrderSerializer(serializers.Serializer[Any]):
    """The segment that shall keep the tag."""

    segment = serializers.PrimaryKeyRelatedField(queryset=Segment.objects.filter(is_archived=False))


class TagRuleSerializer(serializers.ModelSerializer[TagRule]):
    """A segment that keeps a tag (规则标签)."""

    class Meta:
        model = TagRule
        fields = ("id", "tag", "segment", "is_paused", "due_at", "last_run_at", "problem")
        read_only_fields = fields


class TagFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    name = django_filters.CharFilter(lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(choices=TagKind.choices)
    group = django_filters.NumberFilter(field_name="group_id", min_value=1, max_value=_LARGEST_KEY)

    class Meta:
        model = Tag
        fields = ("name", "kind", "group")


class GroupFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    name = django_filters.CharFilter(lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(choices=TagKind.choices)

    class Meta:
        model = TagGroup
        fields = ("name", "kind")


class _LibraryViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[Any],
):
    """What tags and groups share: renaming by PATCH, moving, deleting."""

    permission_classes = (ModelPermissions,)
    pagination_class = InOrder

    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Rename; nothing else can be changed."""
        entry = self.get_object()
        asked = self.get_serializer(entry, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        name = asked.validated_data.get("name", entry.name)
        try:
            tag_library.rename(entry=entry, name=name, **_acting(request))
        except ScrmError as error:
            raise _refused(error) from error
        entry.refresh_from_db()
        return Response(self.get_serializer(entry).data)

    def perform_destroy(self, instance: Any) -> None:
        try:
            tag_library.delete(entry=instance, **_acting(self.request))
        except ScrmError as error:
            raise _refused(error) from error

    def _move(self, request: Request) -> Response:
        asked = MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        entry = self.get_object()
        try:
            tag_library.move(
                entry=entry, is_up=asked.validated_data["to"] == "up", **_acting(request)
            )
        except ScrmError as error:
            raise _refused(error) from error
        entry.refresh_from_db()
        return Response(self.get_serializer(entry).data)


class MayChange(ModelPermissions):
    """Acts upon what exists need the permission to change it."""

    perms_map = ModelPermissions.perms_map | {
        "POST": ["%(app_label)s.change_%(model_name)s"],
        "DELETE": ["%(app_label)s.change_%(model_name)s"],
    }


class TagViewSet(_LibraryViewSet):
    """Tags. WeCom tags are changed in WeCom first; it refuses what our app did not make."""

    queryset = Tag.objects.filter(is_gone=False)
    serializer_class = TagSerializer
    filterset_class = TagFilter

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        if given["group"].is_gone:
            raise ValidationError({"group": ["gone"]})
        try:
            group = tag_library.create_tags(
                names=[given["name"]], group=given["group"], **_acting(self.request)
            )
        except ScrmError as error:
            raise _refused(error) from error
        name = " ".join(given["name"].split())
        serializer.instance = Tag.objects.get(group=group, name=name, is_gone=False)

    @extend_schema(request=MoveSerializer, responses=TagSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def move(self, request: Request, **_kwargs: Any) -> Response:
        """One place up or down in the group."""
        return self._move(request)

    @extend_schema(request=RuleOrderSerializer, responses=TagRuleSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def rule(self, request: Request, **_kwargs: Any) -> Response:
        """Let a segment keep the tag from now on."""
        asked = RuleOrderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tag = self.get_object()
        segment = asked.validated_data["segment"]
        try:
            rule = tag_rules.set_rule(tag=tag, segment=segment, **_acting(request))
        except ScrmError as error:
            raise _refused(error) from error
        return Response(TagRuleSerializer(rule).data)

    @extend_schema(request=None, responses={204: None})
    @rule.mapping.delete
    def drop_rule(self, request: Request, **_kwargs: Any) -> Response:
        """Stop keeping the tag; customers keep what they carry."""
        rule = TagRule.objects.filter(tag=self.get_object()).first()
        if rule is not None:
            tag_rules.delete_rule(rule=rule, **_acting(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TagGroupViewSet(_LibraryViewSet):
    """Groups of tags, WeCom's and our own."""

    queryset = TagGroup.objects.filter(is_gone=False)
    serializer_class = TagGroupSerializer
    filterset_class = GroupFilter

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        try:
            serializer.instance = tag_library.create_tags(
                names=given.pop("tag_names", []),
                group_name=given["name"],
                kind=given.get("kind", TagKind.WECOM),
                **_acting(self.request),
            )
        except InvalidInput as error:
            field = {"group_name": "name", "names": "tag_names"}.get(error.field, error.field)
            raise _refused(InvalidInput(str(error), field=field)) from error
        except ScrmError as error:
            raise _refused(error) from error

    @extend_schema(request=MoveSerializer, responses=TagGroupSerializer)
    @action(detail=True, methods=["post"], permission_classes=[MayChange])
    def move(self, request: Request, **_kwargs: Any) -> Response:
        """One place up or down among the groups of its kind."""
        return self._move(request)


# --- jobs --------------------------------------------------------------------------------------


def _key(most: int = 2**31 - 1) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=most)


class TagJobSerializer(serializers.ModelSerializer[TagJob]):
    """A tagging job (批量打标签). Whom: `contact_ids` or `segment_rule`, one of them."""

    contact_ids = serializers.ListField(
        child=_key(_LARGEST_KEY), max_length=_CONTACTS_AT_ONCE, write_only=True, required=False
    )
    segment_rule = serializers.JSONField(write_only=True, required=False)
    add_tag_ids = serializers.ListField(
        child=_key(), max_length=TAGS_AT_ONCE, required=False, default=list
    )
    remove_tag_ids = serializers.ListField(
        child=_key(), max_length=TAGS_AT_ONCE, required=False, default=list
    )
    staff_ids = serializers.ListField(
        child=_key(), max_length=1_000, required=False, allow_null=True, default=None
    )

    class Meta:
        model = TagJob
        fields = (
            "id",
            "state",
            "contact_ids",
            "segment_rule",
            "add_tag_ids",
            "remove_tag_ids",
            "staff_ids",
            "rule",
            "created_at",
            "started_at",
            "finished_at",
            "not_before",
            "problem",
            "total",
            "done",
            "unchanged",
            "failed",
            "marked",
        )
        read_only_fields = (
            "state",
            "rule",
            "created_at",
            "started_at",
            "finished_at",
            "not_before",
            "problem",
            "total",
            "done",
            "unchanged",
            "failed",
            "marked",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("contact_ids" in attrs) == ("segment_rule" in attrs):
            raise ValidationError({"contact_ids": ["contact_ids or segment_rule, one of them"]})
        return attrs


class TagJobFailureSerializer(serializers.ModelSerializer[TagJobFailure]):
    """A relation that could not be marked, or a customer without one (`staff` null)."""

    class Meta:
        model = TagJobFailure
        fields = ("id", "contact", "staff", "problem", "code", "at")


class MayMark(ModelPermissions):
    """Marking is a change of customers; looking at jobs is looking at jobs."""

    perms_map = ModelPermissions.perms_map | {"POST": ["contacts.change_contact"]}


class TagJobViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[TagJob],
):
    """Put tags on customers or take them off: one or a million, as a job."""

    queryset = TagJob.objects.none()
    serializer_class = TagJobSerializer
    permission_classes = (MayMark,)
    pagination_class = LatestOrdered

    def get_queryset(self) -> QuerySet[TagJob]:
        return visible_jobs(operator_of(self.request))

    def perform_create(self, serializer: Any) -> None:
        try:
            serializer.instance = start_tag_job(
                **serializer.validated_data, **_acting(self.request)
            )
        except ScrmError as error:
            raise _refused(error) from error

    @extend_schema(request=None, responses=TagJobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_kwargs: Any) -> Response:
        """Stop a job; what it has marked stays. One that is over stays as it is."""
        job = self.get_object()
        cancel_tag_job(job_id=job.pk, **_acting(request))
        job.refresh_from_db()
        return Response(self.get_serializer(job).data)

    @extend_schema(responses=TagJobFailureSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=LatestFailure)
    def failures(self, request: Request, **_kwargs: Any) -> Response:
        """What could not be marked, and why."""
        failures = visible_failures(self.get_object(), operator_of(request))
        page: Any = self.paginate_queryset(failures)  # type: ignore[arg-type]  # not of jobs
        answer = TagJobFailureSerializer(page, many=True)
        return self.get_paginated_response(answer.data)
