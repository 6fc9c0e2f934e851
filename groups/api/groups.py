"""REST access to customer groups (客户群), their members and days; the data scope of the asking
operator applies."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from contacts.api.base import ModelPermissions, NewestFirst, operator_of
from contacts.selectors.visibility import visible_contacts
from groups.models import GroupChat, GroupDay, GroupMember
from groups.selectors.activity import HEALTH_LABELS, with_health, writing
from groups.selectors.group_list import visible_groups, with_sizes
from groups.selectors.members import MembersWanted, matching_members
from scrm.segments.days import start_of, start_of_next

_MOST = 100_000
_LAST = 9999


class GroupSerializer(serializers.ModelSerializer[GroupChat]):
    """A customer group (客户群). `owner` is our id of the staff member, `health` "active", "quiet"
    or "unknown" by the last 14 days, "" for a dismissed group.
    """

    size = serializers.IntegerField()
    staff = serializers.IntegerField(source="staff_count")
    customers = serializers.IntegerField()
    health = serializers.CharField()
    last_joined_at = serializers.DateTimeField(source="last_joined", allow_null=True)

    class Meta:
        model = GroupChat
        fields = (
            "id",
            "chat_id",
            "name",
            "notice",
            "owner",
            "owner_userid",
            "status",
            "size",
            "staff",
            "customers",
            "health",
            "last_joined_at",
            "created_at",
            "dismissed_at",
        )


class GroupFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    """`owner` is our id, as in the answers; sizes and days are included in what they bound."""

    name = django_filters.CharFilter(lookup_expr="trigram_contains")
    owner = django_filters.NumberFilter(field_name="owner", min_value=1, max_value=2**31 - 1)
    dismissed = django_filters.BooleanFilter(
        field_name="dismissed_at", lookup_expr="isnull", exclude=True
    )
    size_min = django_filters.NumberFilter(
        field_name="size", lookup_expr="gte", min_value=0, max_value=_MOST
    )
    size_max = django_filters.NumberFilter(
        field_name="size", lookup_expr="lte", min_value=0, max_value=_MOST
    )
    created_from = django_filters.DateFilter(method="created_since")
    created_to = django_filters.DateFilter(method="created_until")
    health = django_filters.ChoiceFilter(choices=list(HEALTH_LABELS.items()))

    class Meta:
        model = GroupChat
        fields = ("name", "owner", "status", "dismissed", "health")

    def created_since(
        self, rows: QuerySet[GroupChat], _name: str, value: Any
    ) -> QuerySet[GroupChat]:
        return rows.filter(created_at__gte=start_of(value)) if value.year > 1 else rows

    def created_until(
        self, rows: QuerySet[GroupChat], _name: str, value: Any
    ) -> QuerySet[GroupChat]:
        return rows.filter(created_at__lt=start_of_next(value)) if value.year < _LAST else rows


class MemberSerializer(serializers.ModelSerializer[GroupMember]):
    """A member (群成员), now or before. `contact` is our id of the customer, null for strangers and
    for customers outside the operator's scope.
    """

    contact = serializers.SerializerMethodField()

    class Meta:
        model = GroupMember
        fields = (
            "id",
            "member_id",
            "kind",
            "contact",
            "name",
            "group_nickname",
            "joined_at",
            "join_scene",
            "invitor_userid",
            "state",
            "left_at",
            "quit_scene",
        )

    def get_contact(self, member: GroupMember) -> int | None:
        return member.contact_id if member.contact_id in self.context["visible"] else None


class MembersAskedSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["customer", "stranger", "staff"], required=False)
    text = serializers.CharField(required=False, max_length=64)
    left = serializers.BooleanField(required=False, default=False)


class GroupDaySerializer(serializers.ModelSerializer[GroupDay]):
    """How many joined and left on one business day; days without either do not come."""

    class Meta:
        model = GroupDay
        fields = ("day", "joins", "leaves")


class NewestGroupsFirst(NewestFirst):
    ordering: Any = ("-created_at", "-pk")


class LastJoinedFirst(NewestFirst):
    ordering: Any = ("-joined_at", "-pk")


class GroupViewSet(ReadOnlyModelViewSet[GroupChat]):
    """Groups the operator may see, the newest first."""

    queryset = GroupChat.objects.none()
    serializer_class = GroupSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = NewestGroupsFirst
    filterset_class = GroupFilter

    def get_queryset(self) -> QuerySet[GroupChat]:
        groups = with_sizes(visible_groups(operator_of(self.request)))
        return with_health(groups, known=writing(now=timezone.now()))

    @extend_schema(
        parameters=[MembersAskedSerializer], responses=MemberSerializer(many=True), filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=LastJoinedFirst, filterset_class=None)
    def members(self, request: Request, **_kwargs: Any) -> Response:
        """Who is in the group, the last joined first; with `left` who was before."""
        asked = MembersAskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        wanted = MembersWanted(given.get("text", ""), given.get("kind", ""), given["left"])
        found: Any = matching_members(self.get_object(), wanted)
        page: Any = self.paginate_queryset(found) or []
        known = {member.contact_id for member in page if member.contact_id}
        visible = visible_contacts(operator_of(request)).filter(pk__in=known)
        context = {"visible": set(visible.values_list("pk", flat=True))}
        return self.get_paginated_response(MemberSerializer(page, many=True, context=context).data)

    @extend_schema(responses=GroupDaySerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def days(self, _request: Request, **_kwargs: Any) -> Response:
        """Joins and leaves by day, all there are, the latest first."""
        days = GroupDay.objects.filter(group=self.get_object()).order_by("-day")
        return Response(GroupDaySerializer(days, many=True).data)
