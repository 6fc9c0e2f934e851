"""WeCom's own statistics (联系客户统计, 群聊数据统计): 180 days back, none of today's groups.

Yesterday's figures may be missing until the morning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from scrm.wecom.gateway import days
from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, at_most, number, records, text
from scrm.wecom.maxima import OWNERS_PER_CALL, OWNERS_PER_PAGE, STAFF_PER_STATISTIC
from scrm.wecom.types.statistics import (
    BehaviourDay,
    DayFigures,
    GroupFigures,
    GroupOrder,
    OwnerFigures,
)


class Statistics(Area):
    """Figures of whole days, `start` and `end` included."""

    def staff_behaviour(
        self,
        *,
        userids: Sequence[str] = (),
        department_ids: Sequence[int] = (),
        start: date,
        end: date,
    ) -> Iterator[BehaviourDay]:
        """获取「联系客户统计」数据 (get_user_behavior_data): one sum a day over all staff named, so
        ask for one at a time to know each. More than 30 days are asked for piece by piece.

        Raises ValueError for more than 100 of either, BadRequest beyond 180 days.
        """
        at_most(STAFF_PER_STATISTIC, userids, "userids")
        at_most(STAFF_PER_STATISTIC, department_ids, "department_ids")
        who: dict[str, Any] = {}
        if userids:
            who["userid"] = list(userids)
        if department_ids:
            who["partyid"] = list(department_ids)
        for first, last in days.pieces(start, end):
            body = {**who, "start_time": first, "end_time": last}
            reply = self._transport.post("externalcontact/get_user_behavior_data", body)
            yield from (_behaviour(record) for record in records(reply, "behavior_data"))

    def group_figures(
        self,
        *,
        owners: Sequence[str],
        start: date,
        end: date,
        order: GroupOrder = GroupOrder.NEW_GROUPS,
        ascending: bool = False,
    ) -> Iterator[OwnerFigures]:
        """获取「群聊数据统计」数据 (groupchat/statistic) by owner, over at most 30 days.

        Owners without groups do not come. Raises ValueError for other spans or 100 owners more.
        """
        first, last = days.one_piece(start, end)
        body = {
            "day_begin_time": first,
            "day_end_time": last,
            "order_by": order.value,
            "order_asc": int(ascending),
            **_owned_by(owners),
        }
        offset, total = 0, 1
        while offset < total:
            page = {**body, "offset": offset, "limit": OWNERS_PER_PAGE}
            reply = self._transport.post("externalcontact/groupchat/statistic", page)
            items = records(reply, "items")
            yield from (OwnerFigures(text(r, "owner"), _figures(r["data"])) for r in items)
            total = number(reply, "total")
            offset = number(reply, "next_offset") if items else total

    def group_figures_by_day(
        self, *, owners: Sequence[str], start: date, end: date
    ) -> Iterator[DayFigures]:
        """获取「群聊数据统计」数据, 按自然日聚合 (groupchat/statistic_group_by_day).

        More than 30 days are asked for piece by piece.
        """
        for first, last in days.pieces(start, end):
            body = {"day_begin_time": first, "day_end_time": last, **_owned_by(owners)}
            path = "externalcontact/groupchat/statistic_group_by_day"
            for record in records(self._transport.post(path, body), "items"):
                yield DayFigures(days.day(record, "stat_time"), _figures(record["data"]))


def _owned_by(owners: Sequence[str]) -> dict[str, Any]:
    at_most(OWNERS_PER_CALL, owners, "owners")
    return {"owner_filter": {"userid_list": list(owners)}}


def _behaviour(record: Json) -> BehaviourDay:
    percentage, minutes = record.get("reply_percentage"), record.get("avg_reply_time")
    return BehaviourDay(
        day=days.day(record, "stat_time"),
        chats=number(record, "chat_cnt"),
        messages=number(record, "message_cnt"),
        reply_percentage=None if percentage is None else float(percentage),
        average_reply_minutes=None if minutes is None else int(minutes),
        negative_feedback=number(record, "negative_feedback_cnt"),
        new_applications=number(record, "new_apply_cnt"),
        new_contacts=number(record, "new_contact_cnt"),
    )


def _figures(record: Json) -> GroupFigures:
    return GroupFigures(
        new_groups=number(record, "new_chat_cnt"),
        groups=number(record, "chat_total"),
        active_groups=number(record, "chat_has_msg"),
        new_members=number(record, "new_member_cnt"),
        members=number(record, "member_total"),
        active_members=number(record, "member_has_msg"),
        messages=number(record, "msg_total"),
        migrated_groups=number(record, "migrate_trainee_chat_cnt"),
    )
