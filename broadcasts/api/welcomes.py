"""REST: welcomes – write, switch, delete them, read what became of each code."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from broadcasts.models import Welcome, WelcomeDelivery
from broadcasts.selectors.welcome_log import visible_deliveries
from broadcasts.selectors.welcomes import live_welcomes
from broadcasts.services.welcome_checks import WelcomeDraft
from broadcasts.services.welcomes import create_welcome, delete_welcome, update_welcome
from contacts.api import NewestFirst
from contacts.models import Department, Staff
from scrm.console.views import operator_of
from scrm.errors import InvalidInput

# What an operator writes, by the same names as in the service's draft.
WRITTEN = (
    "name",
    "text",
    "neutral_name",
    "attachments",
    "scope",
    "staff",
    "departments",
    "states",
    "weekdays",
    "start",
    "end",
    "priority",
    "is_active",
)

USES: tuple[str, ...] = ("image", "cover")


class WelcomePermission(BasePermission):
    """The same permissions as on the pages, by action."""

    needed = {"create": "add", "update": "change", "partial_update": "change", "destroy": "delete"}

    def has_permission(self, request: Request, view: Any) -> bool:
        verb = self.needed.get(view.action, "view")
        return bool(request.user and request.user.has_perm(f"broadcasts.{verb}_welcome"))


class DeliveryPermission(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.has_perm("broadcasts.view_welcomedelivery"))


@extend_schema_field(OpenApiTypes.BYTE)
class PictureField(serializers.Field[Any, Any, Any, Any]):
    """A JPG or PNG as base64; null takes the stored one away."""

    def __init__(self, **options: Any) -> None:
        super().__init__(write_only=True, required=False, allow_null=True, **options)

    def to_internal_value(self, data: object) -> bytes:
        try:
            return b64decode(str(data), validate=True)
        except (NotBase64, ValueError):
            raise ValidationError(_("Write the file as base64.")) from None


class WelcomeSerializer(serializers.ModelSerializer[Welcome]):
    """A welcome. `attachments`: at most one link and one mini program in WeCom's own form; the
    mini program's cover and the image are given as `cover` and `image`.
    """

    text = serializers.CharField(required=False, allow_blank=True)
    neutral_name = serializers.CharField(required=False)
    attachments = serializers.ListField(child=serializers.DictField(), required=False)
    staff = serializers.SlugRelatedField(
        slug_field="userid", queryset=Staff.objects.all(), many=True, required=False
    )
    departments = serializers.SlugRelatedField(
        slug_field="wecom_id", queryset=Department.objects.all(), many=True, required=False
    )
    states = serializers.ListField(child=serializers.CharField(), required=False)
    weekdays = serializers.ListField(child=serializers.IntegerField(), required=False)
    image = PictureField(help_text="Base64.")
    cover = PictureField(help_text="Base64.")
    pictures = serializers.SlugRelatedField[Any](slug_field="use", many=True, read_only=True)

    class Meta:
        model = Welcome
        fields = ("id", *WRITTEN, "image", "cover", "pictures", "created_at", "updated_at")
        read_only_fields = ("created_at", "updated_at")

    def create(self, validated_data: dict[str, Any]) -> Welcome:
        return self._saved(None, validated_data)

    def update(self, instance: Welcome, validated_data: dict[str, Any]) -> Welcome:
        there = {name: getattr(instance, name) for name in WRITTEN}
        there |= {name: list(there[name].all()) for name in ("staff", "departments")}
        return self._saved(
            instance, {**there, **validated_data} if self.partial else validated_data
        )

    def _saved(self, welcome: Welcome | None, values: dict[str, Any]) -> Welcome:
        pictures: dict[str, bytes | None] = {use: values.pop(use) for use in USES if use in values}
        draft = WelcomeDraft(**values, pictures=pictures)
        operator, now = operator_of(self.context["request"]), timezone.now()
        try:
            if welcome is None:
                return create_welcome(draft=draft, operator=operator, now=now)
            return update_welcome(welcome=welcome, draft=draft, operator=operator, now=now)
        except InvalidInput as error:
            raise ValidationError({_field(error.field): [str(error)]}) from error


class WelcomeViewSet(viewsets.ModelViewSet[Welcome]):
    """Welcomes (欢迎语). Deleting keeps what was logged."""

    serializer_class = WelcomeSerializer
    permission_classes = [WelcomePermission]
    queryset = Welcome.objects.none()
    filterset_fields = ("scope", "is_active")

    def get_queryset(self) -> QuerySet[Welcome]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return live_welcomes().order_by("pk")

    def perform_destroy(self, instance: Welcome) -> None:
        delete_welcome(welcome=instance, operator=operator_of(self.request), now=timezone.now())


class WelcomeDeliverySerializer(serializers.ModelSerializer[WelcomeDelivery]):
    class Meta:
        model = WelcomeDelivery
        fields = (
            "id",
            "external_userid",
            "userid",
            "channel_state",
            "contact",
            "welcome",
            "state",
            "reason",
            "error",
            "attempts",
            "received_at",
            "finished_at",
            "delay_ms",
        )


class LatestCodesFirst(NewestFirst):
    ordering: Any = ("-received_at", "-pk")


class WelcomeDeliveryViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[WelcomeDelivery]
):
    """What became of each welcome code, newest first. The codes themselves are never kept."""

    serializer_class = WelcomeDeliverySerializer
    permission_classes = [DeliveryPermission]
    pagination_class = LatestCodesFirst
    queryset = WelcomeDelivery.objects.none()
    filterset_fields = ("state", "reason", "welcome", "userid", "external_userid", "channel_state")

    def get_queryset(self) -> QuerySet[WelcomeDelivery]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_deliveries(operator_of(self.request))


def _field(name: str) -> str:
    """Where the API takes what a form has in fields of its own."""
    if name.startswith(("link_", "mini_")):
        return "attachments"
    return name or "non_field_errors"


VIEWSETS = {"welcomes": WelcomeViewSet, "welcome-deliveries": WelcomeDeliveryViewSet}
