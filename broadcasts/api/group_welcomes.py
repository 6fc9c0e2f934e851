"""REST: welcomes of groups (入群欢迎语) – write, change, delete them in WeCom's library."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from broadcasts.api.answers import ByAction, said
from broadcasts.models import GroupWelcome, Material
from broadcasts.services import group_welcomes as service
from broadcasts.services.group_welcomes import NAME_CHARS, GroupWelcomeDraft
from contacts.api.base import NewestFirst
from groups.models import GroupChat
from scrm.console.views import operator_of
from scrm.wecom.maxima import GROUP_WELCOME_TEXT_BYTES

CHANGE = "broadcasts.change_groupwelcome"


class GroupWelcomePermission(ByAction):
    looking = "broadcasts.view_groupwelcome"
    needed = {
        **dict.fromkeys(("update", "partial_update", "retry"), CHANGE),
        "create": "broadcasts.add_groupwelcome",
        "destroy": "broadcasts.delete_groupwelcome",
    }


class GroupWelcomeSerializer(serializers.ModelSerializer[GroupWelcome]):
    """A welcome of groups. `text` may hold %NICKNAME%; `material` is a piece of the library, no
    text; `groups` are our own ids, whose owners apply it in WeCom by themselves. `status` live
    says that WeCom has it, `is_written` that WeCom has it as it stands here, `problem` what was
    in the way.
    """

    name = serializers.CharField(max_length=NAME_CHARS)
    text = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=GROUP_WELCOME_TEXT_BYTES,
        help_text="At most 3,000 bytes; %NICKNAME% becomes the name of who joined.",
    )
    material = serializers.PrimaryKeyRelatedField(
        queryset=Material.objects.all(), required=False, allow_null=True
    )
    groups = serializers.PrimaryKeyRelatedField(
        queryset=GroupChat.objects.all(), many=True, required=False
    )
    notifies = serializers.BooleanField(
        required=False, help_text="Whether WeCom tells the group owners when it is made."
    )

    class Meta:
        model = GroupWelcome
        fields = (
            "id",
            "name",
            "text",
            "material",
            "groups",
            "notifies",
            "status",
            "problem",
            "is_written",
            "template_id",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            "status",
            "problem",
            "is_written",
            "template_id",
            "created_at",
            "updated_at",
        )

    def create(self, validated_data: dict[str, Any]) -> GroupWelcome:
        with said():
            return service.create_group_welcome(
                draft=_draft(validated_data),
                operator=operator_of(self.context["request"]),
                now=timezone.now(),
            )

    def update(self, instance: GroupWelcome, validated_data: dict[str, Any]) -> GroupWelcome:
        there = {name: getattr(instance, name) for name in ("name", "text", "material", "notifies")}
        there["groups"] = list(instance.groups.all())
        values = {**there, **validated_data} if self.partial else validated_data
        with said():
            return service.change_group_welcome(
                welcome_id=instance.pk,
                draft=_draft(values),
                operator=operator_of(self.context["request"]),
                now=timezone.now(),
            )


class NewestWelcomesFirst(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class GroupWelcomeViewSet(viewsets.ModelViewSet[GroupWelcome]):
    """Welcomes of groups, the newest first. Deleting one takes it from the groups that use it."""

    serializer_class = GroupWelcomeSerializer
    permission_classes = [GroupWelcomePermission]
    pagination_class = NewestWelcomesFirst
    queryset = GroupWelcome.objects.none()
    filterset_fields = ("status",)

    def get_queryset(self) -> QuerySet[GroupWelcome]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return GroupWelcome.objects.prefetch_related("groups")

    def perform_destroy(self, instance: GroupWelcome) -> None:
        """409 when WeCom did not do it, or nobody knows; it may be asked for again."""
        with said():
            service.delete_group_welcome(
                welcome_id=instance.pk, operator=operator_of(self.request), now=timezone.now()
            )

    @extend_schema(request=None, responses=GroupWelcomeSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str | None = None) -> Response:
        """Put it into WeCom's library once more; of an unknown one there may then be two."""
        welcome = service.try_again(
            welcome_id=self.get_object().pk, operator=operator_of(request), now=timezone.now()
        )
        return Response(self.get_serializer(welcome).data)


def _draft(values: dict[str, Any]) -> GroupWelcomeDraft:
    material = values.get("material")
    return GroupWelcomeDraft(
        name=values["name"],
        text=values.get("text", ""),
        material_id=material.pk if material is not None else None,
        notifies=values.get("notifies", True),
        group_ids=[group.pk for group in values.get("groups", ())],
    )


VIEWSETS = {"group-welcomes": GroupWelcomeViewSet}
