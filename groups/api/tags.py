"""REST access to group tags (群标签), and tagging groups."""

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

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from groups.models import GroupTag, GroupTagSet
from groups.selectors.group_list import visible_groups
from groups.services.group_tags import create_group_tags, mark_groups
from scrm.errors import InvalidInput

_MOST = 1000


class MayMark(ModelPermissions):
    perms_map = ModelPermissions.perms_map | {"POST": ["%(app_label)s.add_grouptagmark"]}


class GroupTagSerializer(serializers.ModelSerializer[GroupTag]):
    """A group tag (群标签); `set` is the id of its set, `set_name` its name."""

    set = serializers.IntegerField(source="tag_set_id")
    set_name = serializers.CharField(source="tag_set.name")

    class Meta:
        model = GroupTag
        fields = ("id", "name", "set", "set_name", "order")


class NewGroupTagsSerializer(serializers.Serializer[Any]):
    """Names of new tags in the set `set`, or in a new one called `set_name`."""

    names = serializers.ListField(child=serializers.CharField(max_length=64), max_length=100)
    set = serializers.IntegerField(required=False, min_value=1)
    set_name = serializers.CharField(required=False, max_length=64)


# What the service calls the fields of the body.
_NAMES_HERE = {"add_tag_ids": "add", "remove_tag_ids": "remove"}


class MarkGroupsSerializer(serializers.Serializer[Any]):
    """Tags to put on groups and to take off them, all by our ids."""

    groups = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=_MOST, allow_empty=False
    )
    add = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)
    remove = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)


class MarkedSerializer(serializers.Serializer[Any]):
    changed = serializers.IntegerField()


class ByKey(NewestFirst):
    ordering: Any = ("pk",)

    def decode_cursor(self, request: Request) -> Any:
        return super(NewestFirst, self).decode_cursor(request)


class GroupTagViewSet(mixins.ListModelMixin, GenericViewSet[GroupTag]):
    """Group tags: list, create, and mark groups with them."""

    queryset = GroupTag.objects.none()
    serializer_class = GroupTagSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = ByKey

    def get_queryset(self) -> QuerySet[GroupTag]:
        return GroupTag.objects.filter(is_gone=False).select_related("tag_set")

    @extend_schema(request=NewGroupTagsSerializer, responses={201: GroupTagSerializer(many=True)})
    def create(self, request: Request) -> Response:
        """New tags; answers every tag of their set."""
        asked = NewGroupTagsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        tag_set = None
        if "set" in given:
            tag_set = GroupTagSet.objects.filter(pk=given["set"], is_gone=False).first()
            if tag_set is None:
                raise serializers.ValidationError({"set": ["unknown"]})
        try:
            made = create_group_tags(
                names=given["names"],
                tag_set=tag_set,
                set_name=given.get("set_name", ""),
                operator=operator_of(request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            raise serializers.ValidationError({error.field: [str(error)]}) from error
        tags = self.get_queryset().filter(tag_set=made)
        answer = GroupTagSerializer(tags, many=True).data
        return Response(answer, status=status.HTTP_201_CREATED)

    @extend_schema(request=MarkGroupsSerializer, responses=MarkedSerializer)
    @action(detail=False, methods=["post"], permission_classes=[MayMark])
    def mark(self, request: Request) -> Response:
        """Put tags on groups and take tags off them; answers how many groups changed."""
        asked = MarkGroupsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given, operator = asked.validated_data, operator_of(request)
        try:
            changed = mark_groups(
                groups=visible_groups(operator).filter(pk__in=given["groups"]),
                add_tag_ids=given.get("add", ()),
                remove_tag_ids=given.get("remove", ()),
                operator=operator,
                now=timezone.now(),
            )
        except InvalidInput as error:
            field = _NAMES_HERE.get(error.field, error.field)
            raise serializers.ValidationError({field: [str(error)]}) from error
        return Response(MarkedSerializer({"changed": changed}).data)
