"""What segments may ask of how we reached a customer (触达)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Touch
from groups.segment_fields import GROUP_FACTS
from scrm.segments.choices import Rows
from scrm.segments.compile import compare
from scrm.segments.days import business_day, start_of
from scrm.segments.evaluate import evaluate
from scrm.segments.fields import Field, register
from scrm.segments.kinds import Kind
from scrm.segments.nodes import Leaf

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
        Field(
            name="broadcast.clicked",
            label=_("Broadcasts whose link was opened"),
            group=_REACH,
            kind=Kind.SET,
            model="broadcasts.LinkClick",
            column="link__broadcast_id",
            where=Q(link__broadcast__isnull=False),
            choices=Rows(
                "broadcasts.Broadcast",
                offered=Q(frozen_at__isnull=False),
                order=("-created_at",),
            ),
            help=_("The customer opened a link of it, and WeCom said who it was."),
        ),
        Field(
            name="link.clicked",
            label=_("Links opened"),
            group=_REACH,
            kind=Kind.SET,
            model="broadcasts.LinkClick",
            column="link_id",
            choices=Rows(
                "broadcasts.TrackedLink",
                label="title",
                offered=~Q(title=""),
                order=("-created_at",),
            ),
            help=_("Short links of ours that the customer opened in WeChat."),
        ),
        *_journey_fields(),
    )


def _journey_fields() -> list[Field]:
    """Who waits for one message of a journey; the rules of their broadcasts are made of these."""
    waiting: dict[str, Any] = {
        "group": _REACH,
        "kind": Kind.SET,
        "operators": ("any", "none"),
        "model": "broadcasts.JourneyRun",
        "column": "send_id",
        "choices": Rows(
            "broadcasts.JourneySend",
            label="step",
            group="version__journey__name",
            offered=Q(settled_at__isnull=True),
            order=("-slot_at",),
        ),
    }
    return [
        Field(
            name="journey.waiting",
            label=_("Waits for a message of a journey"),
            where=Q(state="sending", contact__isnull=False),
            **waiting,
        ),
        Field(
            name="chat.journey_waiting",
            label=_("Waits for a message of a journey"),
            base=GROUP_FACTS,
            contact="group_id",
            where=Q(state="sending", contact__isnull=True),
            **waiting,
        ),
    ]


def _touches(name: str, label: str | Promise, days: int) -> Field:
    def to_q(op: str, value: Any, now: datetime) -> Q:
        fits = compare(F("number"), op, value, now=now)
        counted = _counted(days, now)
        # Whoever is not among the counted has none, and none may fit, too.
        if evaluate(Leaf(name, op, value), {name: 0}, today=business_day(now)):
            return ~Q(_IsAmong(counted.filter(~fits)))
        return Q(_IsAmong(counted.filter(fits)))

    def fetch(contact_ids: Sequence[int], now: datetime) -> Mapping[int, object]:
        counted = _counted(days, now).filter(contact_id__in=contact_ids)
        found = {row["contact_id"]: row["number"] for row in counted}
        return {contact_id: found.get(contact_id, 0) for contact_id in contact_ids}

    return Field(
        name=name,
        label=label,
        group=_REACH,
        kind=Kind.NUMBER,
        to_q=to_q,
        fetch=fetch,
        help=_("Messages that reached the customer, today included, on any channel."),
    )


def _counted(days: int, now: datetime) -> QuerySet[Touch, Any]:
    """A row (contact_id, number) for each customer touched on the last `days` days."""
    since = start_of(business_day(now) - timedelta(days=days - 1))
    touches = Touch.objects.filter(at__gte=since).order_by()
    return touches.values("contact_id").annotate(number=Count("pk"))


class _IsAmong(Func):
    """Whether a customer has a row among grouped ones.

    Postgres turns an EXISTS over a grouped table into one join of sets. `pk IN (…)` says the same
    and is as fast alone; under NOT and OR it compares each customer with each row as soon as the
    rows do not fit in memory.
    """

    template = "EXISTS (SELECT 1 FROM %(expressions)s)"
    arg_joiner = " AS own WHERE own.contact_id = "
    output_field = BooleanField()

    def __init__(self, grouped: QuerySet[Touch, Any]) -> None:
        super().__init__(Subquery(grouped), F("pk"))


def _last_at(_now: datetime) -> Expression:
    # An aggregate would need a GROUP BY; the index on (contact, at) gives the newest at once.
    newest = Touch.objects.filter(contact_id=OuterRef("pk")).order_by("-at").values("at")[:1]
    return ExpressionWrapper(Subquery(newest), output_field=DateTimeField())
