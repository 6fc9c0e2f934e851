"""REST access to nickname rules (群昵称规则): read only; they are tried and changed in the console."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from contacts.api.base import LastChangedFirst, ModelPermissions
from groups.models import NicknamePart, NicknameRule
from groups.selectors.nicknames import live_rules


class NicknamePartSerializer(serializers.ModelSerializer[NicknamePart]):
    """One part; `tag_group` is our id of the internal tag group, null for a part not read."""

    class Meta:
        model = NicknamePart
        fields = ("place", "name", "tag_group", "unknown")


class NicknameRuleSerializer(serializers.ModelSerializer[NicknameRule]):
    """A rule with how many nicknames it read and could not read."""

    parts = NicknamePartSerializer(many=True, read_only=True)
    read = serializers.IntegerField()
    unread = serializers.IntegerField()

    class Meta:
        model = NicknameRule
        fields = (
            "id",
            "name",
            "state",
            "separators",
            "scope",
            "group_ids",
            "tag_ids",
            "version",
            "parts",
            "read",
            "unread",
            "updated_at",
        )


class NicknameRuleViewSet(ReadOnlyModelViewSet[NicknameRule]):
    """Rules that are not ended."""

    queryset = NicknameRule.objects.none()
    serializer_class = NicknameRuleSerializer
    permission_classes = (ModelPermissions,)
    pagination_class = LastChangedFirst

    def get_queryset(self) -> QuerySet[NicknameRule]:
        return live_rules().prefetch_related("parts")
