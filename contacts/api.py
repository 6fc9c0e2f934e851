"""REST access to customers and segments; the data scope of the asking operator applies."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from contacts.models import Contact, Relation, Segment, Stage
from contacts.rules.phones import mask
from contacts.selectors import audiences, segments
from contacts.selectors.visibility import visible_contacts
from contacts.services.segments import create_segment, recount_segment
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.segments.parse import RuleError


class ModelPermissions(DjangoModelPermissions):
    """Django's permission for each method; reading needs `view`, counting no more than that."""

    perms_map = DjangoModelPermissions.perms_map | {
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }


class MayView(ModelPermissions):
    perms_map = ModelPermissions.perms_map | {"POST": ["%(app_label)s.view_%(model_name)s"]}


class NewestFirst(CursorPagination):
    """Pages by cursor: no page counts or skips rows."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering: Any = ("-first_followed_at", "-pk")

    def decode_cursor(self, request: Request) -> Any:
        """404 for a cursor that names no moment, too, which the base would pass to Postgres."""
        cursor = super().decode_cursor(request)
        if (
            cursor is not None
            and cursor.position is not None
            and not _is_moment(str(cursor.position))
        ):
            raise NotFound(self.invalid_cursor_message)
        return cursor


def _is_moment(text: str) -> bool:
    try:
        moment = parse_datetime(text)
        return moment is not None and moment.tzinfo is not None and moment.astimezone(UTC).year > 1
    except (ValueError, OverflowError):
        return False


class LastChangedFirst(NewestFirst):
    ordering: Any = ("-updated_at", "-pk")


# --- customers ---------------------------------------------------------------------------------


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A customer (客户) with her facts. Money in fen; the phone number is masked for everybody."""

    phone = serializers.SerializerMethodField()
    tags = serializers.ListField(source="facts.tag_ids", child=serializers.IntegerField())
    staff = serializers.ListField(source="facts.staff_ids", child=serializers.IntegerField())
    purchases = serializers.IntegerField(source="facts.order_days")
    orders = serializers.IntegerField(source="facts.order_count")
    revenue_fen = serializers.IntegerField(source="facts.revenue_fen")
    refunded_fen = serializers.IntegerField(source="facts.refunded_fen")
    last_order_on = serializers.DateField(source="facts.last_order_on", allow_null=True)

    class Meta:
        model = Contact
        fields = (
            "id",
            "external_userid",
            "name",
            "kind",
            "gender",
            "phone",
            "relation",
            "stage",
            "lost_kind",
            "first_followed_at",
            "tags",
            "staff",
            "purchases",
            "orders",
            "revenue_fen",
            "refunded_fen",
            "last_order_on",
        )

    def get_phone(self, contact: Contact) -> str:
        return mask(contact.phone)


class ContactFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    """`tag` and `staff` are our ids, as in the answers."""

    name = django_filters.CharFilter(lookup_expr="trigram_contains")
    stage = django_filters.ChoiceFilter(choices=Stage.choices)
    relation = django_filters.ChoiceFilter(choices=Relation.choices)
    tag = django_filters.NumberFilter(method="carrying", min_value=1, max_value=2**31 - 1)
    staff = django_filters.NumberFilter(method="followed_by", min_value=1, max_value=2**31 - 1)

    class Meta:
        model = Contact
        fields = ("name", "stage", "relation", "tag", "staff")

    def carrying(self, rows: QuerySet[Contact], _name: str, value: Any) -> QuerySet[Contact]:
        return rows.filter(facts__tag_ids__contains=[int(value)])

    def followed_by(self, rows: QuerySet[Contact], _name: str, value: Any) -> QuerySet[Contact]:
        return rows.filter(facts__staff_ids__contains=[int(value)])


class ContactViewSet(ReadOnlyModelViewSet[Contact]):
    """Customers the operator may see, the newest first."""

    queryset = Contact.objects.none()
    serializer_class = ContactSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = NewestFirst
    filterset_class = ContactFilter

    def get_queryset(self) -> QuerySet[Contact]:
        visible = visible_contacts(_operator(self.request))
        return visible.filter(facts__isnull=False).select_related("facts")


# --- segments ----------------------------------------------------------------------------------


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
        return segment.size if _operator(self.context["request"]).sees_everything else None


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
                operator=_operator(self.request),
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
        found = audiences.preview(rule, _operator(request), timezone.now())
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


def _operator(request: Request) -> Operator:
    if not isinstance(request.user, Operator):
        raise TypeError("the API knows operators only")
    return request.user


VIEWSETS = {"contacts": ContactViewSet, "segments": SegmentViewSet}
