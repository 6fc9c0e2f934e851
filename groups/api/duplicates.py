"""REST access to customers in several groups (客群去重)."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import mixins, serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, operator_of
from contacts.models import ContactFacts
from groups.models import GroupMember
from groups.selectors.duplicates import FEWEST, DuplicatesWanted, matching_duplicates
from groups.selectors.group_list import visible_groups
from scrm.console.fields import row_number

_MOST_GROUPS = 100


class DuplicateSerializer(serializers.ModelSerializer[ContactFacts]):
    """A customer in several groups: our ids of those that the operator may see, and how many
    there are.
    """

    id = serializers.IntegerField(source="contact_id")
    external_userid = serializers.CharField(source="contact.external_userid")
    name = serializers.CharField(source="contact.name")
    group_count = serializers.IntegerField()
    groups = serializers.SerializerMethodField()

    class Meta:
        model = ContactFacts
        fields = ("id", "external_userid", "name", "group_count", "groups")

    def get_groups(self, facts: ContactFacts) -> list[int]:
        visible = self.context["visible"]
        return sorted(pk for pk in facts.group_ids if visible is None or pk in visible)


class DuplicateFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    """`group` is our id; `fewest` is how many groups at least, 2 or more."""

    fewest = django_filters.NumberFilter(
        method="in_at_least", min_value=FEWEST, max_value=_MOST_GROUPS
    )
    group = django_filters.NumberFilter(method="in_group", min_value=1, max_value=2**31 - 1)

    class Meta:
        model = ContactFacts
        fields: tuple[str, ...] = ()

    def in_at_least(self, rows: QuerySet[Any], _name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(group_count__gte=int(value))

    def in_group(
        self, rows: QuerySet[ContactFacts], _name: str, value: Any
    ) -> QuerySet[ContactFacts]:
        return rows.filter(group_ids__contains=[int(value)])


class NewestKeyFirst(CursorPagination):
    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"
    ordering: Any = ("-contact_id",)

    def decode_cursor(self, request: Request) -> Any:
        """404 for a cursor that names no key, too, which the base would pass to Postgres."""
        cursor = super().decode_cursor(request)
        if (
            cursor is not None
            and cursor.position is not None
            and row_number(str(cursor.position)) is None
        ):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class GroupMemberPermissions(ModelPermissions):
    """Who may see members of groups may see who is in several."""

    def get_required_permissions(self, method: str, _model_cls: Any) -> list[str]:
        return super().get_required_permissions(method, GroupMember)


class DuplicateViewSet(mixins.ListModelMixin, GenericViewSet[ContactFacts]):
    """Customers in at least two living groups."""

    queryset = ContactFacts.objects.none()
    serializer_class = DuplicateSerializer
    permission_classes = (GroupMemberPermissions,)
    pagination_class = NewestKeyFirst
    filterset_class = DuplicateFilter

    def get_queryset(self) -> QuerySet[ContactFacts]:
        found = matching_duplicates(operator_of(self.request), DuplicatesWanted())
        return found.select_related("contact")

    def get_serializer_context(self) -> dict[str, Any]:
        """With the keys of the groups the operator may see, None for all."""
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        operator = operator_of(self.request)
        if operator.sees_everything:
            return {**context, "visible": None}
        return {**context, "visible": set(visible_groups(operator).values_list("pk", flat=True))}
