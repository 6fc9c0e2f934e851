"""Read-only REST access to what channels and staff are worth, over a period of business days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from analytics.api.figures import BEING_WORKED_OUT, MaySeeFigures, answered
from analytics.board.figures import Source
from analytics.board.staff_reach import reach_in
from analytics.metrics.surplus import Surplus
from analytics.periods import AskedPeriod, asked_period
from analytics.selectors.parts import whole
from analytics.selectors.source_figures import LOST_BY, Figures, Row
from analytics.selectors.sources import listed, staff_scope
from analytics.selectors.staff_reach import Reach
from analytics.selectors.staff_value import StaffFigures, StaffRow, staff_overview
from analytics.selectors.value_settings import value_settings
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.segments.days import business_day

_PERIOD = [
    OpenApiParameter("from", str, description="First business day, such as 2026-03-01."),
    OpenApiParameter("to", str, description="Last business day, inclusive."),
    OpenApiParameter(
        "preset", str, description="7d, 30d, 90d (usual), 365d, month or last_month instead."
    ),
]


class ShareSerializer(serializers.Serializer[Any]):
    """`part` of `whole` with Wilson's interval of 95 %; null without anybody to count."""

    part = serializers.IntegerField()
    whole = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ChannelValueSerializer(serializers.Serializer[Any]):
    """One channel, or one way of adding where `state` is empty; money in fen.

    `lost` has the share of relations customers had ended by day 7, 30, 90 (Kaplan–Meier), null
    while none is in view so long. `payback_day` counts from the day of adding, 0; null: not yet, or
    no cost. `roi` is attributed, on revenue where `margin_percent` is null.
    """

    channel = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    state = serializers.CharField(allow_blank=True)
    add_way = serializers.IntegerField(allow_null=True)
    added = serializers.IntegerField()
    new_customers = serializers.IntegerField()
    added_again = serializers.IntegerField()
    lost = serializers.DictField(child=serializers.FloatField(allow_null=True))
    first_order = ShareSerializer()
    second_order = ShareSerializer()
    still_friends = ShareSerializer()
    orders = serializers.IntegerField()
    net_fen = serializers.IntegerField()
    net_per_customer_fen = serializers.FloatField(allow_null=True)
    predicted_per_customer_fen = serializers.FloatField(allow_null=True)
    cost_fen = serializers.IntegerField()
    cac_fen = serializers.FloatField(allow_null=True)
    earned_fen = serializers.IntegerField()
    margin_percent = serializers.IntegerField(allow_null=True)
    payback_day = serializers.IntegerField(allow_null=True)
    roi = serializers.FloatField(allow_null=True)


class SurplusSerializer(serializers.Serializer[Any]):
    """Realised less expected over the last 90 days in fen, with its interval of 95 %."""

    customers = serializers.IntegerField()
    expected_fen = serializers.IntegerField()
    realised_fen = serializers.IntegerField()
    low_fen = serializers.IntegerField()
    high_fen = serializers.IntegerField()
    standing = serializers.CharField(help_text="few, above, below or open")


class StaffAlertsSerializer(serializers.Serializer[Any]):
    """Churn alerts made in the period, as they stand now. `in_time_share` is of those not open any
    more; `ordered`, `unfriended` and `neither` is what customers did within 30 days.
    """

    made = serializers.IntegerField()
    open = serializers.IntegerField()
    done_in_time = serializers.IntegerField(help_text="Within 7 days.")
    in_time_share = serializers.FloatField(allow_null=True)
    done_later = serializers.IntegerField()
    ordered = serializers.IntegerField()
    unfriended = serializers.IntegerField()
    neither = serializers.IntegerField()


class StaffMessagesSerializer(serializers.Serializer[Any]):
    """Private marketing messages that arrived; `beyond_cap` had no room in their customer's month."""

    arrived = serializers.IntegerField()
    beyond_cap = serializers.IntegerField()
    within_share = serializers.FloatField(allow_null=True)


class StaffValueSerializer(serializers.Serializer[Any]):
    """One staff member; `staff` is null for orders of customers who were nobody's friend, as are
    `alerts` and `private_messages` then. `kept_30` comes with its bounds of 95 %.
    """

    staff = serializers.IntegerField(allow_null=True)
    userid = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)
    added = serializers.IntegerField()
    new_customers = serializers.IntegerField()
    lost = serializers.IntegerField()
    removed = serializers.IntegerField()
    kept_30 = serializers.FloatField(allow_null=True)
    kept_30_low = serializers.FloatField(allow_null=True)
    kept_30_high = serializers.FloatField(allow_null=True)
    chats = serializers.IntegerField()
    messages = serializers.IntegerField()
    replied = serializers.FloatField(allow_null=True)
    reply_minutes = serializers.FloatField(allow_null=True)
    deleted_or_blocked = serializers.IntegerField(help_text="As WeCom counts it.")
    orders = serializers.IntegerField()
    net_fen = serializers.IntegerField()
    tasks_done = serializers.IntegerField()
    tasks_overdue = serializers.IntegerField()
    broadcasts = serializers.IntegerField()
    broadcasts_not_sent = serializers.IntegerField()
    alerts = StaffAlertsSerializer(allow_null=True)
    private_messages = StaffMessagesSerializer(allow_null=True)
    against_expectation = SurplusSerializer(allow_null=True)


class ChannelValueViewSet(ViewSet):
    """Channels, and ways of adding without one, the most new customers first."""

    permission_classes = [MaySeeFigures]

    @extend_schema(
        responses={200: ChannelValueSerializer(many=True), 202: BEING_WORKED_OUT},
        operation_id="analytics_channels",
        parameters=_PERIOD,
        filters=False,
    )
    def list(self, request: Request) -> Response:
        asked, operator = _asked(request), _operator(request)
        return answered(lambda: ChannelValueSerializer(_channels(asked, operator), many=True).data)


class StaffValueViewSet(ViewSet):
    """Staff with anything in the period, the most revenue first."""

    permission_classes = [MaySeeFigures]

    @extend_schema(
        responses={200: StaffValueSerializer(many=True), 202: BEING_WORKED_OUT},
        operation_id="analytics_staff",
        parameters=_PERIOD,
        filters=False,
    )
    def list(self, request: Request) -> Response:
        asked, operator = _asked(request), _operator(request)
        return answered(lambda: StaffValueSerializer(_staff_rows(asked, operator), many=True).data)


def _operator(request: Request) -> Operator:
    if not isinstance(request.user, Operator):
        raise TypeError("the API knows operators only")
    return request.user


def _asked(request: Request) -> AskedPeriod:
    plain = {name: request.query_params.get(name, "") for name in ("from", "to", "preset")}
    try:
        return asked_period(plain, today=business_day(timezone.now()))
    except InvalidInput as error:
        raise ValidationError({error.field or "detail": [str(error)]}) from error


def _channels(asked: AskedPeriod, operator: Operator) -> list[dict[str, Any]]:
    """Raises BeingWorkedOut."""
    settings, source = value_settings(), Source(whole(operator), now=timezone.now())
    found = listed(source.channels(asked.period), settings)
    return [_channel(row, settings.margin_percent) for row in found.rows]


def _channel(row: Row, margin_percent: int | None) -> dict[str, Any]:
    seen = row.figures
    return {
        "channel": row.channel.pk if row.channel is not None else None,
        "name": row.name,
        "state": row.source.state,
        "add_way": None if row.source.state else row.source.add_way,
        "lost": _lost(seen),
        "added": seen.adds,
        "new_customers": seen.won,
        "added_again": seen.again,
        "net_per_customer_fen": seen.ltv_fen,
        "predicted_per_customer_fen": seen.predicted_mean_fen,
        "margin_percent": margin_percent,
        **{
            name: getattr(seen, name)
            for name in (
                *("first_order", "second_order", "still_friends", "orders", "net_fen"),
                *("cost_fen", "cac_fen", "earned_fen", "payback_day", "roi"),
            )
        },
    }


def _lost(seen: Figures) -> dict[str, float | None]:
    found = zip(LOST_BY, seen.lost, strict=True)
    return {str(days): lost.share if lost is not None else None for days, lost in found}


def _staff_rows(asked: AskedPeriod, operator: Operator) -> list[dict[str, Any]]:
    """Raises BeingWorkedOut."""
    now = timezone.now()
    reach = reach_in(asked.period, now=now)
    found = staff_overview(asked.period, scope=staff_scope(operator), today=business_day(now))
    listed = {row.member.pk for row in found.rows if row.member is not None}
    # Who only wrote, or only got alerts.
    others = visible_staff(operator).in_bulk([pk for pk in reach if pk not in listed])
    rows = [*found.rows, *(StaffRow(member, StaffFigures()) for member in others.values())]
    rows.sort(key=lambda row: (row.member is None, -row.figures.net_fen, -row.figures.added))
    return [_staff(row, reach) for row in rows]


def _staff(row: StaffRow, reach: Mapping[int, Reach]) -> dict[str, Any]:
    member, seen = row.member, row.figures
    low, high = seen.kept_interval or (None, None)
    return {
        "staff": member.pk if member is not None else None,
        "userid": member.userid if member is not None else "",
        "name": member.name if member is not None else "",
        "new_customers": seen.won,
        "kept_30": seen.kept,
        "kept_30_low": low,
        "kept_30_high": high,
        "chats": seen.chats.chats,
        "messages": seen.chats.messages,
        "replied": seen.chats.replied,
        "reply_minutes": seen.chats.reply_minutes,
        "deleted_or_blocked": seen.chats.negative,
        "tasks_done": seen.care.tasks_done,
        "tasks_overdue": seen.care.tasks_late,
        "broadcasts": seen.care.batches,
        "broadcasts_not_sent": seen.care.unconfirmed,
        **_reached(None if member is None else reach.get(member.pk, Reach())),
        "against_expectation": _surplus(seen.surplus),
        **{name: getattr(seen, name) for name in ("added", "lost", "removed", "orders", "net_fen")},
    }


def _reached(reach: Reach | None) -> dict[str, Any]:
    if reach is None:
        return {"alerts": None, "private_messages": None}
    return {
        "alerts": {
            "made": reach.alerts,
            "open": reach.open,
            "done_in_time": reach.in_time,
            "in_time_share": reach.in_time_share,
            "done_later": reach.done - reach.in_time,
            "ordered": reach.ordered,
            "unfriended": reach.unfriended,
            "neither": reach.neither,
        },
        "private_messages": {
            "arrived": reach.touches,
            "beyond_cap": reach.over,
            "within_share": reach.within_share,
        },
    }


def _surplus(found: Surplus | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "customers": found.customers,
        "expected_fen": round(found.expected),
        "realised_fen": round(found.realised),
        "low_fen": round(found.low),
        "high_fen": round(found.high),
        "standing": found.standing.value,
    }


VIEWSETS = {"analytics/channels": ChannelValueViewSet, "analytics/staff": StaffValueViewSet}
