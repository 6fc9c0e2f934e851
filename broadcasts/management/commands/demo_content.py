"""Welcomes, segments and a first draft for the demo, so that the pages show what they are for."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from broadcasts.models import TouchClass, Welcome
from broadcasts.selectors.policy import house_terms
from broadcasts.services.compose import Draft, create_draft, next_window
from broadcasts.services.welcome_checks import WelcomeDraft
from broadcasts.services.welcomes import create_welcome
from contacts.models import Segment
from contacts.selectors.audiences import audience
from contacts.services.preferences import pause_messages, set_do_not_contact
from contacts.services.segments import create_segment
from groups.services.segments import create_group_segment
from scrm.console.models import Operator
from scrm.segments.fields import read_rule

SEGMENTS: dict[str, dict[str, Any]] = {
    "沉默老客（消费满 300 元）": {
        "all": [
            {"field": "stage", "op": "in", "value": ["silent"]},
            {"field": "order.revenue_fen", "op": ">=", "value": 30_000},
        ]
    },
    "近 30 天新客未下单": {
        "all": [
            {"field": "stage", "op": "in", "value": ["new"]},
            {"field": "follow.first_at", "op": "within_days", "value": 30},
        ]
    },
    "复购客户": {"field": "stage", "op": "in", "value": ["repeat"]},
}

# Whoever adds a staff member on the simulator's page sees one of them in the chat.
WELCOMES = (
    WelcomeDraft(
        name="默认欢迎语",
        text="{客户昵称}您好，欢迎来到云岭茶友之家！我是{员工姓名}。\n"
        "您平时喜欢清香还是醇厚一点的茶？告诉我，给您挑一款试喝。",
        attachments=[
            {
                "msgtype": "link",
                "link": {
                    "title": "新朋友试喝装",
                    "desc": "三款当季茶，各两泡",
                    "url": "https://mall.example.com/first-sip",
                },
            }
        ],
    ),
    WelcomeDraft(
        name="夜间欢迎语",
        text="{客户昵称}您好，我是{员工姓名}。夜深了，明天上午给您细说，先祝您好梦。",
        start=time(21, 30),
        end=time(8, 30),
    ),
)


class Command(BaseCommand):
    help = "Create the demo's welcomes, segments and one draft broadcast, of each unless any exist."

    def handle(self, *args: Any, **options: Any) -> None:
        operator = Operator.objects.order_by("pk").first()
        now = timezone.now()
        if operator is not None and not Welcome.objects.exists():
            for welcome in WELCOMES:
                create_welcome(draft=welcome, operator=operator, now=now)
        if operator is None or Segment.objects.exists():
            return
        made = [
            create_segment(name=name, rule=rule, now=now, operator=operator)
            for name, rule in SEGMENTS.items()
        ]
        create_group_segment(
            name="四十人以上的客户群",
            rule={"field": "chat.size", "op": ">=", "value": 40},
            now=now,
            operator=operator,
        )
        _remember_wishes(made[0], operator, now)
        start, end = next_window(house_terms(), now)
        create_draft(
            draft=Draft(
                name="秋茶到店，先给老朋友留一份",
                benefit="沉默老客可以先试喝今年秋茶，不合口味不用买",
                text="您好，今年的秋茶到店了。记得您喜欢清香一点的，给您留了一份小样，"
                "方便的时候来店里坐坐，或者告诉我地址给您寄去。",
                segment=made[0],
                window_start=start,
                window_end=end,
                touch_class=TouchClass.LIGHT,
            ),
            operator=operator,
            now=now,
        )


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
