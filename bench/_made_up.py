"""Made-up relations as WeCom tells them, the same for the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

TAGS = 200
TAGS_PER_RELATION = 8
BORN = datetime(2025, 1, 1, tzinfo=UTC)


def tag_ids(number: int) -> list[str]:
    """The tags of customer `number`; eight different ones."""
    return [f"etTAG{(number * 7 + place * 23) % TAGS:05d}" for place in range(TAGS_PER_RELATION)]


def pages(*, first: int, customers: int, staff: int, size: int) -> Iterator[list[Any]]:
    """The relations of customers `first` … `first + customers - 1`, one each, by pages."""
    from scrm import wecom

    for start in range(first, first + customers, size):
        yield [
            wecom.ContactFollow(
                contact=wecom.ContactInfo(
                    external_userid=f"wmABCDEFGHIJKLMNOPQRST{number:010d}",
                    name=f"客户 {number} 号",
                    kind=1,
                    avatar=f"https://wx.qlogo.cn/mmhead/Q3auHgzwzM{number:010d}/0",
                    gender=number % 3,
                    unionid=f"ozynqsulJFCZ2z1aYeS8h-nu{number:010d}",
                    corp_name="",
                    position="",
                ),
                follow=wecom.FollowInfo(
                    userid=f"staff{number * staff // customers if customers else 0:05d}",
                    remark=f"客户 {number} 号·老茶客",
                    description="喜欢白茶，下午联系",
                    created_at=BORN + timedelta(seconds=number * 13),
                    tag_ids=tuple(tag_ids(number)),
                    remark_mobiles=(f"138{number:08d}",),
                    add_way=1,
                    state="counter",
                    oper_userid=f"staff{number % staff:05d}",
                    personal_tags=(),
                ),
            )
            for number in range(start, min(start + size, first + customers))
        ]


def make_tags() -> None:
    """The corp tags and their group, straight into the tables."""
    from contacts.models import Tag, TagGroup

    group = TagGroup.objects.create(group_id="etGROUP", name="Interests")
    Tag.objects.bulk_create(
        Tag(tag_id=f"etTAG{number:05d}", group=group, name=f"Tag {number}")
        for number in range(TAGS)
    )
