"""Read-only REST access to the figures; the data scope of the asking operator applies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from analytics.board.figures import BeingWorkedOut, Figures
from analytics.metrics.ratios import known
from analytics.selectors.scope import PERMISSION
from scrm.console.models import Operator

_RETRY_SECONDS = 5
BEING_WORKED_OUT = OpenApiResponse(description="Being worked out; ask again after `Retry-After`.")


def answered(make: Callable[[], Any]) -> Response:
    """What `make` gives, or 202 while a worker is at the figures of so many customers."""
    try:
        return Response(make())
    except BeingWorkedOut:
        words = {"detail": _("These figures are being worked out. Try again in a moment.")}
        return Response(words, status=202, headers={"Retry-After": str(_RETRY_SECONDS)})


class MaySeeFigures(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perm(PERMISSION)


class OverviewSerializer(serializers.Serializer[Any]):
    """Money in fen, shares from 0 to 1; null where there is nothing to divide by or no forecast."""

    customers = serializers.IntegerField()
    friends = serializers.IntegerField()
    effective = serializers.IntegerField()
    buyers = serializers.IntegerField()
    repeat_buyers = serializers.IntegerField()
    orders = serializers.IntegerField()
    revenue_fen = serializers.IntegerField()
    refunded_fen = serializers.IntegerField()
    net_fen = serializers.IntegerField()
    ltv_fen = serializers.FloatField(allow_null=True)
    ltv_per_friend_fen = serializers.FloatField(allow_null=True)
    order_value_fen = serializers.FloatField(allow_null=True)
    repurchase_rate = serializers.FloatField(allow_null=True)
    repurchase_cycle_days = serializers.FloatField(allow_null=True)
    silent_share = serializers.FloatField(allow_null=True)
    lost_share = serializers.FloatField(allow_null=True)
    unfriend_rate = serializers.FloatField(allow_null=True)
    predicted_365_fen = serializers.IntegerField(allow_null=True)
    predicted_365_error = serializers.FloatField(allow_null=True)
    as_of = serializers.DateTimeField()


class CohortSerializer(serializers.Serializer[Any]):
    """One cohort; the lists run over the months since the first order, null for the future."""

    month = serializers.DateField()
    size = serializers.IntegerField()
    retention = serializers.ListField(child=serializers.FloatField(allow_null=True))
    cumulative_fen_per_customer = serializers.ListField(
        child=serializers.FloatField(allow_null=True)
    )
    complete_months = serializers.IntegerField()


class OverviewViewSet(ViewSet):
    """The first figures."""

    permission_classes = [MaySeeFigures]

    @extend_schema(
        responses={200: OverviewSerializer, 202: BEING_WORKED_OUT},
        operation_id="analytics_overview",
    )
    def list(self, request: Request) -> Response:
        return answered(lambda: OverviewSerializer(_overview(_figures(request))).data)


class CohortsViewSet(ViewSet):
    """Cohorts by month of the first order."""

    permission_classes = [MaySeeFigures]

    @extend_schema(
        responses={200: CohortSerializer(many=True), 202: BEING_WORKED_OUT},
        operation_id="analytics_cohorts",
        filters=False,
    )
    def list(self, request: Request) -> Response:
        return answered(lambda: CohortSerializer(_cohorts(_figures(request)), many=True).data)


def _figures(request: Request) -> Figures:
    if not isinstance(request.user, Operator):
        raise TypeError("the API knows operators only")
    return Figures.of(request.user, now=timezone.now())


def _overview(figures: Figures) -> dict[str, Any]:
    seen, inactive, trust = figures.overview, figures.inactive, figures.trust
    names = (
        *("customers", "friends", "effective", "buyers", "repeat_buyers", "orders"),
        *("revenue_fen", "refunded_fen", "net_fen"),
        *("ltv_fen", "ltv_per_friend_fen", "order_value_fen"),
    )
    return {
        **{name: getattr(seen, name) for name in names},
        "repurchase_rate": known(figures.repurchase.rate),
        "repurchase_cycle_days": figures.cycle_days,
        "silent_share": inactive.silent_share,
        "lost_share": inactive.lost_share,
        "unfriend_rate": figures.unfriend_months[-2].rate,
        "predicted_365_fen": figures.expected.total_fen,
        "predicted_365_error": trust.error if trust is not None else None,
        "as_of": figures.as_of,
    }


def _cohorts(figures: Figures) -> list[dict[str, Any]]:
    matrix = figures.matrix
    retention, value = matrix.retention, matrix.cumulative_value
    return [
        {
            "month": month.astype("datetime64[D]").astype(object),
            "size": int(size),
            "retention": [known(share) for share in retention[row]],
            "cumulative_fen_per_customer": [known(fen) for fen in value[row]],
            "complete_months": int(matrix.complete[row].sum()),
        }
        for row, (month, size) in enumerate(zip(matrix.months, matrix.size, strict=True))
        if size
    ]


VIEWSETS = {"analytics/overview": OverviewViewSet, "analytics/cohorts": CohortsViewSet}
