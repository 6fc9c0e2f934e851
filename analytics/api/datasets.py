"""REST: what stands behind every chart of the data pages, with its period and segments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import ViewSet

from analytics.api.figures import BEING_WORKED_OUT, MaySeeFigures, answered
from analytics.board.choice import asked_segments
from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.metrics.registry import METRICS
from analytics.periods import NAMES, PRESETS, AskedPeriod, asked_period
from scrm.console.datasets import Column, Dataset
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.segments.days import business_day


class DatasetColumnSerializer(serializers.Serializer[Any]):
    """`unit`: month, day, text, count, number, share (0 to 1) or fen."""

    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField()


class DatasetNameSerializer(serializers.Serializer[Any]):
    """One dataset that can be asked for, and where."""

    dataset = serializers.CharField()
    url = serializers.CharField()


class DatasetPeriodSerializer(serializers.Serializer[Any]):
    first_on = serializers.DateField()
    last_on = serializers.DateField()


class DatasetSerializer(serializers.Serializer[Any]):
    """Rows as lists in the order of the columns. Figures of now know no period."""

    dataset = serializers.CharField()
    title = serializers.CharField()
    metric = serializers.CharField()
    definition = serializers.CharField()
    as_of = serializers.DateTimeField()
    period = DatasetPeriodSerializer()
    compared_with = DatasetPeriodSerializer(allow_null=True)
    columns = DatasetColumnSerializer(many=True)
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.JSONField(allow_null=True))
    )


_PARAMETERS = [
    OpenApiParameter("from", date, description="First business day; with `to`, instead of preset."),
    OpenApiParameter("to", date, description="Last business day, today at the latest."),
    OpenApiParameter("preset", str, enum=[*PRESETS], description="Without any: the last 90 days."),
    OpenApiParameter("compare", str, enum=["none", "previous", "year"]),
    OpenApiParameter(
        "segment", int, many=True, description="Numbers of up to four segments, repeated."
    ),
]


class DatasetViewSet(ViewSet):
    """The figures behind the charts."""

    permission_classes = [MaySeeFigures]
    lookup_url_kwarg = "dataset"
    lookup_value_regex = "[a-z0-9-]+"

    @extend_schema(
        responses=DatasetNameSerializer(many=True),
        operation_id="analytics_datasets",
        filters=False,
    )
    def list(self, request: Request) -> Response:
        names = [
            {"dataset": key, "url": reverse("analytics-detail", args=[key], request=request)}
            for key in DATASETS
        ]
        return Response(DatasetNameSerializer(names, many=True).data)

    @extend_schema(
        responses={200: DatasetSerializer, 202: BEING_WORKED_OUT},
        parameters=[OpenApiParameter("dataset", str, OpenApiParameter.PATH), *_PARAMETERS],
        operation_id="analytics_dataset",
    )
    def retrieve(self, request: Request, dataset: str) -> Response:
        if dataset not in DATASETS:
            raise Http404
        figures = figures_asked(request)
        make = DATASETS[dataset]
        return answered(lambda: DatasetSerializer(_answer(make(figures), figures)).data)


def figures_asked(request: Request) -> Figures:
    """Raises ValidationError, which names the parameter."""
    operator, now = request.user, timezone.now()
    if not isinstance(operator, Operator):
        raise TypeError("the API knows operators only")
    query = request.query_params
    plain = {name: query.get(name, "") for name in NAMES}
    try:
        asked: AskedPeriod = asked_period(plain, today=business_day(now))
        segments = asked_segments(query.getlist("segment"), operator, now=now)
    except InvalidInput as error:
        raise ValidationError({error.field: [str(error)]}) from None
    return Figures.of(operator, now=now, asked=asked, segments=segments)


def _answer(found: Dataset, figures: Figures) -> dict[str, Any]:
    return {
        "dataset": found.key,
        "title": str(found.title),
        "metric": found.metric,
        "definition": _(METRICS[found.metric].formula),
        "as_of": figures.as_of,
        "period": figures.asked.period,
        "compared_with": figures.asked.before,
        "columns": [{"label": str(each.label), "unit": each.unit} for each in found.columns],
        "rows": [
            [_plain(value, column) for column, value in zip(found.columns, row, strict=True)]
            for row in found.rows
        ],
    }


def _plain(value: Any, column: Column) -> Any:
    """As JSON has it: days as text, money as whole fen."""
    if value is None:
        return None
    if column.unit == "fen":
        return round(value)
    if column.unit in ("day", "month", "text"):
        return column.in_file(value)
    return float(value) if isinstance(value, Decimal) else value


VIEWSETS = {"analytics": DatasetViewSet}
