"""The customers and groups the shop speaks to (人群), and a few who asked for silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from contacts.models import Segment
from contacts.selectors.audiences import audience
from contacts.services.preferences import pause_messages, set_do_not_contact
from contacts.services.segments import create_segment
from groups.services.segments import create_group_segment
from scrm.console.models import Operator
from scrm.segments.fields import read_rule

SILENT, NEW, REPEAT = "沉默老客（消费满 300 元）", "近 30 天的新朋友", "复购客户"
_RULES: dict[str, dict[str, Any]] = {
    SILENT: {
        "all": [
            {"field": "stage", "op": "in", "value": ["silent"]},
            {"field": "order.revenue_fen", "op": ">=", "value": 30_000},
        ]
    },
    NEW: {"field": "follow.first_at", "op": "within_days", "value": 30},
    "近 30 天新客未下单": {
        "all": [
            {"field": "stage", "op": "in", "value": ["new"]},
            {"field": "follow.first_at", "op": "within_days", "value": 30},
        ]
    },
    REPEAT: {"field": "stage", "op": "in", "value": ["repeat"]},
}


def make_segments(*, operator: Operator, now: datetime) -> None:
    """Unless any exist."""
    if Segment.objects.exists():
        return
    made = {
        name: create_segment(name=name, rule=rule, now=now, operator=operator)
        for name, rule in _RULES.items()
    }
    create_group_segment(
        name="四十人以上的客户群",
        rule={"field": "chat.size", "op": ">=", "value": 40},
        now=now,
        operator=operator,
    )
    _remember_wishes(made[SILENT], operator, now)


def _remember_wishes(segment: Segment, operator: Operator, now: datetime) -> None:
    """A few customers who asked for silence, so that the dry run has something to respect."""
    asked = audience(read_rule(segment.rule), now).order_by("pk").values_list("pk", flat=True)
    for contact_id in list(asked[:36:6]):
        set_do_not_contact(
            contact_id=contact_id,
            is_do_not_contact=True,
            source="demo",
            operator=operator,
            now=now,
        )
    for contact_id in list(asked[1:40:9]):
        until = now + timedelta(days=30)
        pause_messages(
            contact_id=contact_id, until=until, source="demo", operator=operator, now=now
        )
