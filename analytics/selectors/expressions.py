"""SQL that Django has no words for."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, BigIntegerField, FloatField, Func, IntegerField


class WholeSum(Aggregate):
    """The sum of whole numbers as a float: exact up to 2^53 and much cheaper than Postgres' numeric
    sums, which Django's Sum of bigints makes.
    """

    name = "WholeSum"
    template = "sum((%(expressions)s)::float8)"

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, output_field=FloatField(), **extra)


class DaysBetween(Func):
    """`later - earlier` of two dates, in whole days."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


class WholeDaysBetween(Func):
    """Full days from the second moment to the first, never below 0."""

    template = "greatest(floor(extract(epoch FROM (%(expressions)s)) / 86400), 0)::int"
    arg_joiner = " - "
    output_field = IntegerField()


class Median(Aggregate):
    """The middle value, None without values."""

    name = "Median"
    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, output_field=FloatField(), **extra)


class Quartiles(Aggregate):
    """The lower and the upper quartile, values that occur; None without values."""

    name = "Quartiles"
    template = "percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, output_field=ArrayField(BigIntegerField()), **extra)
