"""Facts about value that segments may ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, DateField, Expression, F, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from analytics.metrics.rfm import SCORES
from analytics.selectors.expressions import DaysBetween
from analytics.selectors.profile import rfm_cuts
from scrm.segments.days import business_day
from scrm.segments.fields import Field, register
from scrm.segments.kinds import Kind

_GROUP = _("Customer value")
_METRICS = "analytics.ContactMetrics"


def _recency(now: datetime) -> Expression:
    today = Value(business_day(now), output_field=DateField())
    cuts = rfm_cuts()
    return _score(
        DaysBetween(today, F("last_order_on")), cuts.recency_days if cuts else (), best_is_low=True
    )


def _frequency(_now: datetime) -> Expression:
    cuts = rfm_cuts()
    return _score(F("order_days"), cuts.frequency if cuts else ())


def _monetary(_now: datetime) -> Expression:
    cuts = rfm_cuts()
    return _score(F("revenue_fen") - F("refunded_fen"), cuts.monetary if cuts else ())


def _score(value: Combinable, cuts: Sequence[float], *, best_is_low: bool = False) -> Expression:
    """1–5 by how many cut points lie below the value; null without an order or without cuts."""
    if not cuts:
        return Value(None, output_field=IntegerField())
    passed = [
        When(GreaterThan(value, int(cut)), then=Value(_points(number, best_is_low=best_is_low)))
        for number, cut in reversed(list(enumerate(cuts, start=1)))
    ]
    return Case(
        When(Q(order_days=0), then=Value(None)),
        *passed,
        default=Value(_points(0, best_is_low=best_is_low)),
        output_field=IntegerField(),
    )


def _points(passed: int, *, best_is_low: bool) -> int:
    return SCORES - passed if best_is_low else 1 + passed


def register_fields() -> None:
    """Called once, from `AnalyticsConfig.ready()`."""
    register(*_value_fields(), *_rfm_fields())


def _value_fields() -> list[Field]:
    return [
        Field(
            name="value.historic",
            label=_("LTV so far"),
            group=_GROUP,
            kind=Kind.MONEY,
            model=_METRICS,
            column="net_fen",
            help=_("Net revenue of all her orders."),
        ),
        Field(
            name="value.expected_365",
            label=_("Predicted value, 365 days"),
            group=_GROUP,
            kind=Kind.MONEY,
            model=_METRICS,
            column="predicted_fen",
            help=_("What the forecast expects of the coming year; empty before the first one."),
        ),
        Field(
            name="value.p_alive",
            label=_("Probability of being active"),
            group=_GROUP,
            kind=Kind.NUMBER,
            whole=False,
            model=_METRICS,
            column="p_alive",
            help=_("From 0 to 1, from the rhythm of her orders."),
        ),
        Field(
            name="value.churn_risk",
            label=_("Churn risk"),
            group=_GROUP,
            kind=Kind.NUMBER,
            whole=False,
            model=_METRICS,
            column="churn_risk",
            help=_("From 0 to 1: the chance that she has stopped buying for good."),
        ),
    ]


def _rfm_fields() -> list[Field]:
    named: tuple[tuple[str, Any, Callable[[datetime], Expression]], ...] = (
        ("value.rfm_r", _("RFM: recency"), _recency),
        ("value.rfm_f", _("RFM: frequency"), _frequency),
        ("value.rfm_m", _("RFM: money"), _monetary),
    )
    return [
        Field(
            name=name,
            label=label,
            group=_GROUP,
            kind=Kind.NUMBER,
            expression=expression,
            help=_("A score from 1 to 5, 5 is best."),
        )
        for name, label, expression in named
    ]
