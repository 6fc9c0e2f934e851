"""REST access to channels and their costs; figures keep to the asking operator's data scope."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.models import Channel, CostEntry, Department, Staff, Tag
from contacts.selectors.channels import figures_of, visible_follows
from contacts.services import channel_costs, channels
from contacts.services.channels import ChannelDraft
from scrm.errors import InvalidInput, ScrmError

_LARGEST_KEY = 2**63 - 1
_LISTS = {"staff": "staff_ids", "departments": "department_ids"} | {
    "backups": "backup_ids",
    "tags": "tag_ids",
}
_PLAIN = ("name", "folder", "skip_verify", "daily_cap", "remark_prefix", "note")
_DRAFT_NAMES = {draft: name for name, draft in _LISTS.items()}


class Newest(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class ChannelSerializer(serializers.ModelSerializer[Channel]):
    """A channel (渠道活码). `staff`, `departments`, `backups` and `tags` are our ids.

    `kind` code or link; "named" is a state that was made elsewhere, created with its `state`.
    """

    state = serializers.CharField(max_length=64, required=False)
    staff = serializers.PrimaryKeyRelatedField(
        many=True, queryset=Staff.objects.all(), required=False
    )
    departments = serializers.PrimaryKeyRelatedField(
        many=True, queryset=Department.objects.filter(is_gone=False), required=False
    )
    backups = serializers.PrimaryKeyRelatedField(
        many=True, queryset=Staff.objects.all(), required=False
    )
    tags = serializers.PrimaryKeyRelatedField(
        many=True, queryset=Tag.objects.filter(is_gone=False), required=False
    )

    class Meta:
        model = Channel
        fields = (
            "id",
            "name",
            "folder",
            "kind",
            "state",
            "status",
            "problem",
            "config_id",
            "address",
            "skip_verify",
            "staff",
            "departments",
            "daily_cap",
            "backups",
            "tags",
            "remark_prefix",
            "note",
            "is_archived",
            "created_at",
        )
        read_only_fields = ("status", "problem", "config_id", "address", "created_at")


class FiguresSerializer(serializers.Serializer[Any]):
    """Relations that came by a channel; money in fen."""

    total = serializers.IntegerField()
    today = serializers.IntegerField()
    lost_today = serializers.IntegerField()
    net_today = serializers.IntegerField()
    kept = serializers.IntegerField()
    lost = serializers.IntegerField()
    cost_fen = serializers.IntegerField()


class ChannelFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    name = django_filters.CharFilter(lookup_expr="icontains")
    state = django_filters.CharFilter()
    folder = django_filters.CharFilter()
    kind = django_filters.ChoiceFilter(choices=Channel.Kind.choices)
    status = django_filters.ChoiceFilter(choices=Channel.Status.choices)
    is_archived = django_filters.BooleanFilter()

    class Meta:
        model = Channel
        fields = ("name", "state", "folder", "kind", "status", "is_archived")


class ChannelViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[Channel],
):
    """Channels, the newest first. DELETE deletes the code at WeCom for ever; figures stay."""

    queryset = Channel.objects.prefetch_related("staff", "departments", "backups", "tags")
    serializer_class = ChannelSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = Newest
    filterset_class = ChannelFilter

    def perform_create(self, serializer: Any) -> None:
        given = dict(serializer.validated_data)
        kind = given.get("kind", Channel.Kind.CODE)
        acting = _acting(self.request)
        try:
            if kind == Channel.Kind.NAMED:
                serializer.instance = channels.name_channel(
                    state=given.get("state", ""), draft=_draft(given), **acting
                )
            elif "state" in given:
                raise InvalidInput(
                    _("Only a channel made elsewhere brings its state."), field="state"
                )
            else:
                serializer.instance = channels.create_channel(
                    draft=_draft(given), kind=kind, **acting
                )
        except ScrmError as error:
            raise _refused(error) from error

    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Change what is named; `kind` and `state` stay as they are."""
        channel = self.get_object()
        asked = self.get_serializer(channel, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        acting = _acting(request)
        try:
            if "is_archived" in given:
                channels.archive_channel(
                    channel_id=channel.pk, is_archived=given["is_archived"], **acting
                )
            if set(given) & {*_PLAIN, *_LISTS}:
                draft = _draft(_stored(channel) | given)
                channels.change_channel(channel_id=channel.pk, draft=draft, **acting)
        except ScrmError as error:
            raise _refused(error) from error
        return Response(self.get_serializer(self.get_object()).data)

    def perform_destroy(self, instance: Channel) -> None:
        try:
            channels.delete_channel(channel_id=instance.pk, **_acting(self.request))
        except ScrmError as error:
            raise _refused(error) from error

    @extend_schema(responses=FiguresSerializer)
    @action(detail=True, methods=["get"])
    def figures(self, request: Request, **_kwargs: Any) -> Response:
        """What it has brought to the staff whose customers the operator may see."""
        channel = self.get_object()
        follows = visible_follows(operator_of(request))
        found = figures_of([channel], follows, now=timezone.now())[channel.pk]
        return Response(FiguresSerializer(found).data)


class CostSerializer(serializers.ModelSerializer[CostEntry]):
    """What was spent on a channel on a day, in fen."""

    class Meta:
        model = CostEntry
        fields = ("id", "channel", "spent_on", "amount_fen", "note", "created_at", "updated_at")
        read_only_fields = ("created_at", "updated_at")


class CostFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    channel = django_filters.NumberFilter(
        field_name="channel_id", min_value=1, max_value=_LARGEST_KEY
    )

    class Meta:
        model = CostEntry
        fields = ("channel",)


class CostViewSet(ModelViewSet[CostEntry]):
    """Costs of channels, the latest entered first. `channel` cannot be changed."""

    queryset = CostEntry.objects.all()
    serializer_class = CostSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = Newest
    filterset_class = CostFilter
    http_method_names = ("get", "head", "options", "post", "patch", "delete")

    def get_queryset(self) -> QuerySet[CostEntry]:
        return CostEntry.objects.all()

    def perform_create(self, serializer: Any) -> None:
        given = serializer.validated_data
        try:
            serializer.instance = channel_costs.add_cost(
                channel_id=given["channel"].pk, **_entered(given), **_acting(self.request)
            )
        except ScrmError as error:
            raise _refused(error) from error

    def perform_update(self, serializer: Any) -> None:
        entry = serializer.instance
        stored = {"spent_on": entry.spent_on, "amount_fen": entry.amount_fen, "note": entry.note}
        try:
            serializer.instance = channel_costs.change_cost(
                entry_id=entry.pk,
                **_entered(stored | serializer.validated_data),
                **_acting(self.request),
            )
        except ScrmError as error:
            raise _refused(error) from error

    def perform_destroy(self, instance: CostEntry) -> None:
        channel_costs.delete_cost(entry_id=instance.pk, **_acting(self.request))


def _draft(given: dict[str, Any]) -> ChannelDraft:
    values = {name: given[name] for name in _PLAIN if name in given}
    lists = {
        draft: [row.pk for row in given[name]] for name, draft in _LISTS.items() if name in given
    }
    return ChannelDraft(**{"name": "", **values, **lists})


def _stored(channel: Channel) -> dict[str, Any]:
    plain = {name: getattr(channel, name) for name in _PLAIN}
    return plain | {name: list(getattr(channel, name).all()) for name in _LISTS}


def _entered(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "spent_on": given["spent_on"],
        "amount_fen": given["amount_fen"],
        "note": given.get("note", ""),
    }


def _refused(error: ScrmError) -> ValidationError:
    field = error.field if isinstance(error, InvalidInput) and error.field else "detail"
    return ValidationError({_DRAFT_NAMES.get(field, field): [str(error)]})


def _acting(request: Any) -> dict[str, Any]:
    return {"operator": operator_of(request), "now": timezone.now()}
