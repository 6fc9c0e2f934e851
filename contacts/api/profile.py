"""REST access to what is known of one customer, and to the fields that say what one wants to know."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, operator_of
from contacts.models import Contact, Follow, ProfileField, ValueSource
from contacts.selectors.profile_fields import shown_fields
from contacts.selectors.profiles import profile, tags_of
from contacts.services.profile_fields import (
    change_profile_field,
    create_profile_field,
    set_profile_values,
)
from scrm.errors import InvalidInput
from scrm.privacy import mask_phones


class ProfileValueSerializer(serializers.Serializer[Any]):
    """One profile field of a customer: value, where from, since when, by whom; null when unknown."""

    key = serializers.CharField(source="field.key")
    # The metaclass takes declared fields out of the class, so `Field.label` stays what it is.
    label = serializers.CharField(source="field.label")  # type: ignore[assignment]
    kind = serializers.ChoiceField(source="field.kind", choices=ProfileField.Kind.choices)
    value = serializers.JSONField(allow_null=True)
    origin = serializers.CharField(source="source")
    at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField()


class RelationSerializer(serializers.ModelSerializer[Follow]):
    """A relation with one staff member (跟进关系). Phone numbers in the texts are masked."""

    staff = serializers.CharField(source="staff.userid")
    staff_name = serializers.CharField(source="staff.name")
    remark = serializers.SerializerMethodField()
    description = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()

    class Meta:
        model = Follow
        fields = (
            "id",
            "staff",
            "staff_name",
            "status",
            "added_at",
            "ended_at",
            "add_way",
            "state",
            "remark",
            "description",
            "tags",
        )

    def get_remark(self, follow: Follow) -> str:
        return mask_phones(follow.remark)

    def get_description(self, follow: Follow) -> str:
        return mask_phones(follow.description)

    def get_tags(self, follow: Follow) -> list[str]:
        return [tag.name for tag in tags_of(follow)]


class ProfileSerializer(serializers.Serializer[Any]):
    """Everything the console shows on the left of a customer's page."""

    id = serializers.IntegerField(source="contact.pk")
    external_userid = serializers.CharField(source="contact.external_userid")
    name = serializers.CharField(source="contact.name")
    phone = serializers.CharField()
    stage = serializers.CharField(source="contact.stage")
    stage_why = serializers.CharField()
    is_do_not_contact = serializers.SerializerMethodField()
    pause_until = serializers.SerializerMethodField()
    relations = RelationSerializer(source="follows", many=True)
    profile_fields = ProfileValueSerializer(source="fields", many=True)
    known = serializers.IntegerField(source="completeness.known")
    wanted = serializers.IntegerField(source="completeness.wanted")

    def get_is_do_not_contact(self, shown: Any) -> bool:
        return bool(shown.preference and shown.preference.is_do_not_contact)

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_pause_until(self, shown: Any) -> Any:
        return shown.preference.pause_until if shown.preference else None


class ProfileActions(GenericViewSet[Contact]):
    """`contacts/{id}/profile/` for the view set of customers."""

    @extend_schema(request=None, responses=ProfileSerializer)
    @action(detail=True, methods=["get"], filterset_class=None)
    def profile(self, _request: Request, **_kwargs: Any) -> Response:
        """Relations, preference, stage with its reason, and profile fields of one customer."""
        return Response(ProfileSerializer(self._profile()).data)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=ProfileValueSerializer(many=True))
    @profile.mapping.patch
    def set_profile(self, request: Request, **_kwargs: Any) -> Response:
        """Write values by field key; null or "" takes one away. What is not named stays."""
        contact: Contact = self.get_object()
        if not isinstance(request.data, dict):
            raise serializers.ValidationError({"detail": ["An object of values by key."]})
        try:
            set_profile_values(
                contact_id=contact.pk,
                values=dict(request.data),
                source=ValueSource.API,
                operator=operator_of(request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            raise refused(error) from error
        contact.refresh_from_db(fields=["profile"])
        return Response(ProfileValueSerializer(shown_fields(contact), many=True).data)

    def _profile(self) -> Any:
        return profile(self.get_object().pk, now=timezone.now())


def refused(error: InvalidInput) -> serializers.ValidationError:
    return serializers.ValidationError({error.field or "detail": [str(error)]})


class ProfileFieldSerializer(serializers.ModelSerializer[ProfileField]):
    """A profile field (画像字段). `key` and `kind` are given once; `choices` are for lists."""

    class Meta:
        model = ProfileField
        fields = ("id", "key", "label", "kind", "choices", "order", "is_archived", "created_at")
        read_only_fields = ("created_at",)
        # The service answers for names and keys, archived fields left out.
        extra_kwargs: dict[str, Any] = {
            "key": {"required": False, "validators": []},
            "kind": {"required": True},
            "order": {"max_value": 10_000},
        }

    def get_validators(self) -> list[Any]:
        return []


class ProfileFieldViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    GenericViewSet[ProfileField],
):
    """Profile fields in their order, archived ones included. There are few, so no pages."""

    queryset = ProfileField.objects.order_by("order", "pk")
    serializer_class = ProfileFieldSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = None
    http_method_names = ["get", "post", "patch", "head", "options"]

    def perform_create(self, serializer: Any) -> None:
        given = dict(serializer.validated_data)
        given.pop("is_archived", None)
        try:
            serializer.instance = create_profile_field(
                **given, operator=operator_of(self.request), now=timezone.now()
            )
        except InvalidInput as error:
            raise refused(error) from error

    def perform_update(self, serializer: Any) -> None:
        fixed = {"key", "kind"} & set(serializer.validated_data)
        if fixed:
            raise serializers.ValidationError({name: ["This stays for ever."] for name in fixed})
        try:
            serializer.instance = change_profile_field(
                field_id=serializer.instance.pk,
                **serializer.validated_data,
                operator=operator_of(self.request),
                now=timezone.now(),
            )
        except InvalidInput as error:
            raise refused(error) from error
