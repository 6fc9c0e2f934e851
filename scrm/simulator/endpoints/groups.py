"""Customer groups (客户群)."""

from __future__ import annotations

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.people import LEFT
from scrm.simulator.records import GroupChat, GroupMember

_IN_USE, _OWNER_LEFT, _INHERITED = 0, 1, 3


@post("externalcontact/groupchat/list")
def groupchat_list(corp: Corp, ask: Ask) -> Answer:
    """Groups by owner; owners who left must be named, too many owners must be chunked."""
    limit = ask.number("limit")
    if not 1 <= limit <= 1000:
        raise ApiError(40058, "invalid limit")
    owners = {
        userid.lower()
        for userid in ask.part("owner_filter").texts("userid_list", most=100, code=40032)
    }
    if not owners and len(corp.following_staff()) > corp.settings.owners_without_filter:
        raise ApiError(81017)
    wanted = ask.number("status_filter", 0)
    if wanted not in (0, 1, 2, 3):
        raise ApiError(40058, "invalid status_filter")
    rows = [
        (place, chat.chat_id, status)
        for place, chat in enumerate(corp.chats.values(), 1)
        if not chat.dismissed_at
        and (status := _status(corp, chat)) in ((0, 1, 3) if not wanted else (wanted,))
        and (chat.owner.lower() in owners if owners else status != _OWNER_LEFT)
        and is_visible(corp, chat)
    ]
    chosen, cursor = cursors.page_after(rows, ask.text("cursor", ""), limit, key=lambda row: row[0])
    return {
        "group_chat_list": [
            {"chat_id": chat_id, "status": status} for _place, chat_id, status in chosen
        ],
        "next_cursor": cursor,
    }


@post("externalcontact/groupchat/get")
def groupchat_get(corp: Corp, ask: Ask) -> Answer:
    """One group with its members; names only with need_name=1."""
    chat = corp.chats.get(ask.text("chat_id"))
    if chat is None or chat.dismissed_at:
        raise ApiError(40058, "invalid chat_id")
    if not is_visible(corp, chat):
        raise ApiError(60011)
    named = ask.number("need_name", 0) == 1
    return {
        "group_chat": {
            "chat_id": chat.chat_id,
            "name": chat.name,
            "owner": chat.owner,
            "create_time": chat.created_at,
            "notice": chat.notice,
            "member_list": [_member(corp, member, named=named) for member in chat.members.values()],
            "admin_list": [{"userid": userid} for userid in chat.admins],
            "member_version": chat.version,
        }
    }


@post("externalcontact/opengid_to_chatid")
def opengid_to_chatid(corp: Corp, ask: Ask) -> Answer:
    """The group in which a mini program was opened."""
    chat = corp.chat_of_opengid(ask.text("opengid"))
    if chat is None:
        raise ApiError(90511)
    return {"chat_id": chat.chat_id}


def is_visible(corp: Corp, chat: GroupChat) -> bool:
    """Is the owner in the app's visible range?"""
    owner = corp.staff.get(chat.owner.lower())
    return owner is None or corp.is_visible(owner)


def _status(corp: Corp, chat: GroupChat) -> int:
    owner = corp.staff.get(chat.owner.lower())
    if owner is None or owner.status == LEFT:
        return _OWNER_LEFT
    return _INHERITED if chat.is_inherited else _IN_USE


def _member(corp: Corp, member: GroupMember, *, named: bool) -> Answer:
    answer: Answer = {
        "userid": member.member_id,
        "type": member.kind,
        "join_time": member.joined_at,
        "join_scene": member.scene,
        "group_nickname": member.nickname,
    }
    person = corp.contacts.get(member.member_id)
    if person is not None and person.unionid:
        answer["unionid"] = person.unionid
    if member.invitor:
        answer["invitor"] = {"userid": member.invitor}
    if member.state:
        answer["state"] = member.state
    if named:
        staff = corp.staff.get(member.member_id.lower())
        answer["name"] = person.name if person else staff.name if staff else ""
    return answer
