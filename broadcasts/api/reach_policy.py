"""REST: the house rules of reaching people (触达治理)."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from broadcasts.api.answers import ByAction, said
from broadcasts.models import PolicySettings
from broadcasts.selectors.policy import house_terms, policy_settings
from broadcasts.selectors.silences import cuts
from broadcasts.services.policy import HouseRules, rules_of, update_policy
from scrm.console.views import operator_of

_FIGURES = [field.name for field in fields(HouseRules)]


class ReachPolicyPermission(ByAction):
    looking = "broadcasts.view_policysettings"
    needed = {"create": "broadcasts.change_policysettings"}


class ReachPolicySerializer(serializers.ModelSerializer[PolicySettings]):
    """The rules in force. Times of day are local; equal quiet times mean no quiet hours, null no
    such cap; `lunch_channels` (private, group) keep the lunch break; `rest_weekdays` are 1
    (Monday) to 7.
    """

    class Meta:
        model = PolicySettings
        fields = (*_FIGURES, "standing_since", "updated_at")
        read_only_fields = ("standing_since", "updated_at")


class CutSerializer(serializers.Serializer[Any]):
    """A planned message that loses time; `before` and `then` are its window in words, "" for none."""

    kind = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    then = serializers.CharField(allow_blank=True)
    words = serializers.CharField()


class ChangedPolicySerializer(ReachPolicySerializer):
    """The rules in force now, and what is planned and loses time by the change."""

    cuts = CutSerializer(many=True)

    class Meta(ReachPolicySerializer.Meta):
        fields = (*ReachPolicySerializer.Meta.fields, "cuts")


class ReachPolicyViewSet(viewsets.ViewSet):
    """The one set of house rules; every verdict from now on obeys what is changed here."""

    permission_classes = [ReachPolicyPermission]

    @extend_schema(responses=ReachPolicySerializer)
    def list(self, request: Request) -> Response:
        return Response(ReachPolicySerializer(policy_settings()).data)

    @extend_schema(request=ReachPolicySerializer(partial=True), responses=ChangedPolicySerializer)
    def create(self, request: Request) -> Response:
        """Change the figures that are named; the others stay."""
        asked = ReachPolicySerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        changed: dict[str, Any] = asked.validated_data
        before, now = house_terms(), timezone.now()
        with said():
            row = update_policy(
                rules=replace(rules_of(policy_settings()), **changed),
                operator=operator_of(request),
                now=now,
            )
        cut = CutSerializer(cuts(before, house_terms(), now=now), many=True)
        return Response({**ReachPolicySerializer(row).data, "cuts": cut.data})


VIEWSETS = {"reach-policy": ReachPolicyViewSet}
