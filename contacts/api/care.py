"""REST access to hand-overs, preferences and topics."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.models import (
    Contact,
    Handover,
    HandoverItem,
    HandoverMode,
    Preference,
    Staff,
    Topic,
)
from contacts.selectors.handover_checks import MOST, Check, Wish, check_handover
from contacts.selectors.handovers import progress_of, visible_handovers, why
from contacts.selectors.preferences import switched_off
from contacts.selectors.visibility import visible_contacts, visible_staff
from contacts.services.handovers import start_handover
from contacts.services.preferences import (
    REASON_CHARS,
    choose_topics,
    pause_messages,
    set_do_not_contact,
)
from contacts.services.topics import save_topic
from scrm.errors import InvalidInput

SOURCE = "api"


class WishSerializer(serializers.Serializer[Any]):
    """An order to hand over. Staff by `userid`; without `contacts` all customers of the giver."""

    mode = serializers.ChoiceField(choices=HandoverMode.choices)
    giver = serializers.CharField(max_length=64)
    receiver = serializers.CharField(max_length=64)
    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=MOST,
    )
    message = serializers.CharField(max_length=200, required=False, allow_blank=True)


class HandoverSerializer(serializers.ModelSerializer[Handover]):
    """A hand-over (继承). `counts` are its customers by state, `excluded` ones included."""

    giver = serializers.CharField(source="giver.userid", read_only=True)
    receiver = serializers.CharField(source="receiver.userid", read_only=True)
    counts = serializers.SerializerMethodField()

    class Meta:
        model = Handover
        fields = (
            *("id", "mode", "giver", "receiver", "message", "state", "counts", "problem"),
            *("created_at", "finished_at"),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_counts(self, handover: Handover) -> dict[str, int]:
        return progress_of([handover.pk])[handover.pk].counts


class HandoverItemSerializer(serializers.ModelSerializer[HandoverItem]):
    """What became of one customer; `why` in words, `code` as WeCom said it."""

    external_userid = serializers.CharField(source="contact.external_userid")
    why = serializers.SerializerMethodField()

    class Meta:
        model = HandoverItem
        fields = (
            *("id", "contact", "external_userid", "state", "why", "code"),
            *("asked_at", "due_at", "settled_at"),
        )

    def get_why(self, item: HandoverItem) -> str:
        return why(item)


class CheckSerializer(serializers.Serializer[Any]):
    """Whom WeCom would be asked for, and who is left out: contact id → reason."""

    taken = serializers.ListField(child=serializers.IntegerField())
    excluded = serializers.DictField(child=serializers.CharField())


class LastMadeFirst(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class InOrder(NewestFirst):
    ordering: Any = ("-asked_at", "pk")


class HandoverFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    class Meta:
        model = Handover
        fields = ("mode", "state")


class HandoverViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    GenericViewSet[Handover],
):
    """Hand-overs: list, read, check one beforehand, start one. There is no way to cancel."""

    queryset = Handover.objects.none()
    serializer_class = HandoverSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = LastMadeFirst
    filterset_class = HandoverFilter

    def get_queryset(self) -> QuerySet[Handover]:
        return visible_handovers(operator_of(self.request))

    @extend_schema(request=WishSerializer, responses={201: HandoverSerializer})
    def create(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        """Start a hand-over; a worker carries it out."""
        wish = _wish(request)
        with_errors = _Refusing()
        with with_errors:
            made = start_handover(wish=wish, operator=operator_of(request), now=timezone.now())
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=WishSerializer, responses=CheckSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """Ask WeCom's rules of each customer; nothing is started."""
        wish = _wish(request)
        with _Refusing():
            found: Check = check_handover(wish, operator=operator_of(request), now=timezone.now())
        return Response({"taken": found.taken, "excluded": found.excluded})

    @extend_schema(responses=HandoverItemSerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def customers(self, _request: Request, **_kwargs: Any) -> Response:
        """Every customer of a hand-over, those left out included."""
        items = self.get_object().items.select_related("contact").order_by("pk")
        return Response(HandoverItemSerializer(items, many=True).data)


class PreferenceSerializer(serializers.ModelSerializer[Preference]):
    """What a customer asked of us; `topics_off` are ids of topics."""

    contact = serializers.PrimaryKeyRelatedField[Contact](read_only=True)
    external_userid = serializers.CharField(source="contact.external_userid", read_only=True)
    topics_off = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False
    )
    reason = serializers.CharField(max_length=REASON_CHARS, required=False, allow_blank=True)

    class Meta:
        model = Preference
        fields = (
            *("contact", "external_userid", "is_do_not_contact", "pause_until", "topics_off"),
            *("source", "reason", "updated_at"),
        )
        read_only_fields = ("source", "updated_at")


class PreferenceFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    """`topic`: who switched that topic off."""

    topic = django_filters.ModelChoiceFilter(queryset=Topic.objects.all(), method="without")

    class Meta:
        model = Preference
        fields = ("is_do_not_contact", "topic")

    @extend_schema_field(OpenApiTypes.INT)
    def without(self, rows: QuerySet[Preference], _name: str, topic: Topic) -> QuerySet[Preference]:
        return rows.filter(pk__in=switched_off(topic).values("pk"))


class LastSaidFirst(NewestFirst):
    ordering: Any = ("-updated_at", "-pk")


class PreferenceViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    GenericViewSet[Preference],
):
    """Preferences by the customer's id. PATCH records what is named, for a customer who asked for
    nothing yet, too."""

    queryset = Preference.objects.none()
    serializer_class = PreferenceSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = LastSaidFirst
    filterset_class = PreferenceFilter

    def get_queryset(self) -> QuerySet[Preference]:
        rows = Preference.objects.select_related("contact")
        operator = operator_of(self.request)
        if operator.sees_everything:
            return rows
        return rows.filter(contact__in=visible_contacts(operator))

    @extend_schema(request=PreferenceSerializer, responses=PreferenceSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Record what a customer asked of us."""
        operator, now = operator_of(request), timezone.now()
        contact = visible_contacts(operator).filter(pk=int(pk) if pk.isdecimal() else 0).first()
        if contact is None:
            return Response(status=status.HTTP_404_NOT_FOUND)
        asked = PreferenceSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        who: dict[str, Any] = {
            "contact_id": contact.pk,
            "source": SOURCE,
            "operator": operator,
            "now": now,
        }
        reason = given.get("reason", "")
        with _Refusing():
            if "is_do_not_contact" in given:
                wanted = given["is_do_not_contact"]
                set_do_not_contact(is_do_not_contact=wanted, reason=reason, **who)
            if "pause_until" in given:
                pause_messages(until=given["pause_until"], reason=reason, **who)
            if "topics_off" in given:
                choose_topics(topics_off=given["topics_off"], **who)
        row = Preference.objects.select_related("contact").filter(pk=contact.pk).first()
        row = row or Preference(contact=contact, updated_at=now)
        return Response(self.get_serializer(row).data)


class TopicSerializer(serializers.ModelSerializer[Topic]):
    """A topic of messages (主题) that customers may switch off."""

    class Meta:
        model = Topic
        fields = ("id", "name", "description", "is_active")
        # The service answers for the name.
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}


class TopicViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    GenericViewSet[Topic],
):
    """Topics: list, read, create, change. None is deleted; one is no longer offered instead."""

    queryset = Topic.objects.order_by("order", "pk")
    serializer_class = TopicSerializer
    permission_classes = (ModelPermissions,)

    def perform_create(self, serializer: Any) -> None:
        self._save(serializer, None)

    def perform_update(self, serializer: Any) -> None:
        self._save(serializer, serializer.instance)

    def _save(self, serializer: Any, topic: Topic | None) -> None:
        given = serializer.validated_data
        with _Refusing():
            serializer.instance = save_topic(
                name=given.get("name", topic.name if topic else ""),
                description=given.get("description", topic.description if topic else ""),
                is_active=given.get("is_active", topic.is_active if topic else True),
                topic_id=topic.pk if topic else None,
                operator=operator_of(self.request),
                now=timezone.now(),
            )


class _Refusing:
    """Turns what a service refuses into an answer 400 that names the field."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, InvalidInput):
            raise serializers.ValidationError(
                {error.field or "non_field_errors": [str(error)]}
            ) from error


def _wish(request: Request) -> Wish:
    asked = WishSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    given, staff = asked.validated_data, {}
    visible = visible_staff(operator_of(request))
    for role in ("giver", "receiver"):
        found: Staff | None = visible.filter(userid__iexact=given[role]).first()
        if found is None:
            raise serializers.ValidationError({role: ["unknown userid"]})
        staff[role] = found
    return Wish(
        mode=given["mode"],
        giver=staff["giver"],
        receiver=staff["receiver"],
        contact_ids=given.get("contacts"),
        message=given.get("message", ""),
    )
