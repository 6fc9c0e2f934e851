"""The shop's journey (SOP旅程): the first week of a new friend, with those of the last month in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import override

from broadcasts.management.demo.segments import NEW
from broadcasts.models import Journey
from broadcasts.selectors.journey_templates import template
from broadcasts.services.journey_enrolments import enrol
from broadcasts.services.journeys import create_journey, publish
from contacts.models import Segment
from scrm.console.models import Operator

# What the shop changed in the template, by step.
_OWN_WORDS: dict[str, dict[str, str]] = {
    "hello": {
        "title": "第 1 天：有茶事就问我",
        "text": "您好，我是{员工姓名}。挑茶、泡茶、存茶，有拿不准的随时问我，都是真人回复。",
        "benefit": "知道喝茶的事可以问谁",
    },
    "care": {"text": "问问买的茶喝得怎么样，需要的话教客户冲泡。"},
    "guide": {
        "title": "第 4 天：三个问题挑到合口味的茶",
        "text": "挑茶就看三点：自己喝还是送人、喜欢清香还是醇厚、平时用杯子还是茶壶？"
        "告诉我，给您推荐一款，不用一款款试。",
        "benefit": "不用逐个试就能挑到合口味的茶",
    },
    "useful": {
        "title": "第 7 天：一条存茶的小窍门",
        "text": "绿茶放冰箱、红茶避光、普洱要透气。您家的茶怎么放？拍张照片给我，帮您看看。"
        "要是想少收到消息，也告诉我一声。",
        "benefit": "学会把家里的茶存好",
    },
}
# Before the first message: who spent much already is greeted in person.
_FIRST = {
    "id": "spent",
    "kind": "condition",
    "title": "加好友前已消费满 300 元？",
    "rule": {"field": "order.revenue_fen", "op": ">=", "value": 30_000},
    "yes": [
        {
            "id": "greet",
            "kind": "staff_task",
            "text": "客户在店里已经买过不少：看一眼买的是什么，亲自打个招呼。",
            "due_days": 2,
        }
    ],
    "no": [],
}


def start_journey(*, operator: Operator, now: datetime) -> None:
    """Unless there is any journey."""
    segment = Segment.objects.filter(name=NEW).first()
    known = template("new_friend")
    if segment is None or known is None or Journey.objects.exists():
        return
    with override("zh-hans"):
        draft = known.draft()
    draft["steps"] = [_FIRST, *_own(draft["steps"])]
    journey = create_journey(
        name="新朋友的第一周",
        description="七天三条消息；消费多的先由员工亲自打招呼。",
        subject=known.subject,
        draft=draft,
        operator=operator,
        now=now,
    )
    publish(journey=journey, operator=operator, now=now)
    enrol(journey=journey, segment=segment, operator=operator, now=now)


def _own(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The template's steps in the shop's words."""
    return [
        step
        | _OWN_WORDS.get(step["id"], {})
        | {way: _own(step[way]) for way in ("yes", "no") if way in step}
        for step in steps
    ]
