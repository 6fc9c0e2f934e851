"""Customer groups (客户群)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, at_most, moment, number, records, text
from scrm.wecom.maxima import GROUPS_PER_PAGE, OWNERS_PER_CALL
from scrm.wecom.types.groups import GroupChatDetail, GroupChatPage, GroupChatRef, GroupMemberInfo


class Groups(Area):
    """Group chats that staff own."""

    def group_chats(
        self,
        *,
        owner_userids: Sequence[str] = (),
        cursor: str = "",
        limit: int = GROUPS_PER_PAGE,
        status: int = 0,
    ) -> GroupChatPage:
        """获取客户群列表 (groupchat/list): one page, of these owners or of all.

        `status`: 0 all, 1 whose owner left, 2 being handed over, 3 handed over.

        With more than 1,000 visible owners WeCom wants them named (else BadRequest); owners who
        left must be named in any case. Raises ValueError for more than `maxima.OWNERS_PER_CALL` owners.
        """
        at_most(OWNERS_PER_CALL, owner_userids, "owner_userids")
        body: dict[str, Any] = {"status_filter": status, "cursor": cursor, "limit": limit}
        if owner_userids:
            body["owner_filter"] = {"userid_list": list(owner_userids)}
        reply = self._transport.post("externalcontact/groupchat/list", body)
        return GroupChatPage(
            items=tuple(
                GroupChatRef(chat_id=text(record, "chat_id"), status=number(record, "status"))
                for record in records(reply, "group_chat_list")
            ),
            next_cursor=text(reply, "next_cursor"),
        )

    def group_chat(self, chat_id: str) -> GroupChatDetail:
        """获取客户群详情 (groupchat/get) with the members' names.

        Some parts lag a change event by seconds. Raises NotFound and the like when it is gone.
        """
        body = {"chat_id": chat_id, "need_name": 1}
        chat = self._transport.post("externalcontact/groupchat/get", body)["group_chat"]
        return GroupChatDetail(
            chat_id=text(chat, "chat_id"),
            name=text(chat, "name"),
            owner=text(chat, "owner"),
            created_at=moment(chat, "create_time"),
            notice=text(chat, "notice"),
            member_version=text(chat, "member_version"),
            admins=tuple(text(record, "userid") for record in records(chat, "admin_list")),
            members=tuple(_member(record) for record in records(chat, "member_list")),
        )

    def group_of_opengid(self, opengid: str) -> str:
        """客户群opengid转换 (opengid_to_chatid): the chat_id of the group a mini program was opened
        in. Raises NotFound for an opengid that is wrong or of no customer group.
        """
        body = {"opengid": opengid}
        return text(self._transport.post("externalcontact/opengid_to_chatid", body), "chat_id")


def _member(record: Json) -> GroupMemberInfo:
    return GroupMemberInfo(
        member_id=text(record, "userid"),
        kind=number(record, "type"),
        unionid=text(record, "unionid"),
        joined_at=moment(record, "join_time"),
        join_scene=number(record, "join_scene"),
        invitor_userid=text(record.get("invitor") or {}, "userid"),
        group_nickname=text(record, "group_nickname"),
        name=text(record, "name"),
        state=text(record, "state"),
    )
