"""REST access to the daily figures of groups (群统计)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contacts.api.base import ModelPermissions, operator_of
from groups.models import GroupDay
from groups.selectors.statistics import Scope, by_day

_MOST_DAYS = 180


class StatisticsAskedSerializer(serializers.Serializer[Any]):
    """`owner` is our id of a staff member."""

    days = serializers.IntegerField(required=False, default=30, min_value=1, max_value=_MOST_DAYS)
    owner = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class ToldSerializer(serializers.Serializer[Any]):
    new_groups = serializers.IntegerField()
    groups = serializers.IntegerField()
    active_groups = serializers.IntegerField()
    members = serializers.IntegerField()
    active_members = serializers.IntegerField()
    messages = serializers.IntegerField()


class StatisticsDaySerializer(serializers.Serializer[Any]):
    """One day: our own count of joins and leaves; `told` is what WeCom counted, null until read."""

    day = serializers.DateField()
    joins = serializers.IntegerField()
    leaves = serializers.IntegerField()
    told = ToldSerializer(allow_null=True)


class GroupStatisticsViewSet(mixins.ListModelMixin, GenericViewSet[GroupDay]):
    """Figures of all groups the operator may see, by day, the oldest first."""

    queryset = GroupDay.objects.none()
    serializer_class = StatisticsDaySerializer
    permission_classes = (ModelPermissions,)
    pagination_class = None
    filter_backends = ()

    @extend_schema(parameters=[StatisticsAskedSerializer])
    def list(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        asked = StatisticsAskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        scope = Scope(operator_of(request), owner_id=given.get("owner"))
        found = by_day(scope, now=timezone.now(), length=given["days"])
        return Response(StatisticsDaySerializer(found, many=True).data)
