"""What segments may ask of how we reached a customer (触达)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import (
    Count,
    DateTimeField,
    Expression,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Touch
from scrm.segments.choices import Rows
from scrm.segments.days import business_day, start_of
from scrm.segments.fields import Field, register
from scrm.segments.kinds import Kind

_REACH = _("Reach")


def register_fields() -> None:
    """Called once, from `BroadcastsConfig.ready()`."""
    register(
        _touches("touch.in_7_days", _("Touches in 7 days"), 7),
        _touches("touch.in_30_days", _("Touches in 30 days"), 30),
        Field(
            name="touch.last_at",
            label=_("Last touch"),
            group=_REACH,
            kind=Kind.DATE,
            expression=_last_at,
            help=_("The last message of ours that reached the customer, on any channel."),
        ),
        Field(
            name="broadcast.received",
            label=_("Broadcasts received"),
            group=_REACH,
            kind=Kind.SET,
            model="broadcasts.Touch",
            column="broadcast_id",
            where=Q(broadcast__isnull=False),
            choices=Rows(
                "broadcasts.Broadcast",
                offered=Q(frozen_at__isnull=False),
                order=("-created_at",),
            ),
            help=_("Broadcasts whose message arrived."),
        ),
    )


def _touches(name: str, label: str | Promise, days: int) -> Field:
    return Field(
        name=name,
        label=label,
        group=_REACH,
        kind=Kind.NUMBER,
        expression=_count_of_days(days),
        help=_("Messages that reached the customer, today included, on any channel."),
    )


def _count_of_days(days: int) -> Callable[[datetime], Expression]:
    def expression(now: datetime) -> Expression:
        first_day = business_day(now).toordinal() - days + 1
        since = start_of(business_day(now).fromordinal(first_day))
        counted = (
            Touch.objects.filter(contact_id=OuterRef("pk"), at__gte=since)
            .order_by()
            .values("contact_id")
            .annotate(number=Count("pk"))
            .values("number")
        )
        return Coalesce(Subquery(counted), 0, output_field=IntegerField())

    return expression


def _last_at(_now: datetime) -> Expression:
    # An aggregate would need a GROUP BY; the index on (contact, at) gives the newest at once.
    newest = Touch.objects.filter(contact_id=OuterRef("pk")).order_by("-at").values("at")[:1]
    return ExpressionWrapper(Subquery(newest), output_field=DateTimeField())
