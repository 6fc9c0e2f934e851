"""Chats of staff that the app makes (应用群聊): colleagues only, never customers."""

from __future__ import annotations

from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.app_messages import checked_content
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, get, post
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import AppChat, AppMessage

CHATID_CHARS, LEAST_MEMBERS = 32, 2
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_CREATED_PER_DAY, _CHANGES_PER_HOUR = 1000, 1000
# Person-messages of the corp (one of the small size class), and of one member.
_PER_MINUTE, _PER_HOUR = 20_000, 150_000
_MEMBER_PER_MINUTE, _MEMBER_PER_DAY = 200, 10_000


@post("appchat/create")
def create(corp: Corp, ask: Ask) -> Answer:
    chatid = ask.text("chatid", "", most_chars=CHATID_CHARS) or corp.new_id("wr", 30)
    if chatid in corp.app_chats:
        raise ApiError(40058, "chatid exists")
    members = _members(corp, ask.texts("userlist"))
    if len(members) < LEAST_MEMBERS:
        raise ApiError(40031)
    owner = staff_of(corp, ask.text("owner")).userid if ask.has("owner") else members[0]
    if owner not in members:
        raise ApiError(40003, "owner is not in userlist")
    steady = corp.clock.steady()
    if _since(corp.app_chats.values(), "created_steady", steady - _DAY) >= _CREATED_PER_DAY:
        raise ApiError(45009)
    corp.keep("app_chats", AppChat(chatid, ask.text("name", ""), owner, members, steady))
    return {"chatid": chatid}


@post("appchat/update")
def update(corp: Corp, ask: Ask) -> Answer:
    """A new name or owner, and who joins and goes."""
    chat = _chat(corp, ask)
    steady = corp.clock.steady()
    changes = [at for one in corp.app_chats.values() for at in one.changed if at > steady - _HOUR]
    if len(changes) >= _CHANGES_PER_HOUR:
        raise ApiError(45009)
    gone = _members(corp, ask.texts("del_user_list"))
    joined = _members(corp, ask.texts("add_user_list"))
    members = [userid for userid in chat.members if userid not in gone]
    members += [userid for userid in joined if userid not in members]
    owner = staff_of(corp, ask.text("owner")).userid if ask.has("owner") else chat.owner
    if len(members) < LEAST_MEMBERS:
        raise ApiError(40031)
    if owner not in members:
        raise ApiError(40003, "owner is not in userlist")
    corp.record(
        "edit",
        table="app_chats",
        id=chat.chatid,
        name=ask.text("name", chat.name),
        owner=owner,
        members=members,
        changed=[*chat.changed, steady],
    )
    return {}


@get("appchat/get")
def get_chat(corp: Corp, ask: Ask) -> Answer:
    chat = _chat(corp, ask)
    return {
        "chat_info": {
            "chatid": chat.chatid,
            "name": chat.name,
            "owner": chat.owner,
            "userlist": chat.members,
        }
    }


@post("appchat/send")
def send(corp: Corp, ask: Ask) -> Answer:
    """A message into the chat; members who got too many are passed over without a word."""
    chat = _chat(corp, ask)
    kind, content = checked_content(corp, ask)
    mentioned = ask.part(kind).texts("mentioned_list")
    if mentioned:
        content = {**content, "mentioned_list": mentioned}
    steady = corp.clock.steady()
    written = [message for message in corp.app_messages.values() if message.chatid]
    for seconds, most in ((_MINUTE, _PER_MINUTE), (_HOUR, _PER_HOUR)):
        if _heads(written, steady - seconds) + len(chat.members) > most:
            raise ApiError(45009)
    corp.keep(
        "app_messages",
        AppMessage(
            corp.new_id("", 44),
            corp.clock.timestamp(),
            steady,
            kind,
            content,
            list(chat.members),
            [userid for userid in chat.members if _has_room(written, userid, steady)],
            chatid=chat.chatid,
        ),
    )
    return {}


def _chat(corp: Corp, ask: Ask) -> AppChat:
    chat = corp.app_chats.get(ask.text("chatid"))
    if chat is None:
        raise ApiError(40058, "invalid chatid")
    return chat


def _members(corp: Corp, userids: list[str]) -> list[str]:
    return list(dict.fromkeys(staff_of(corp, userid).userid for userid in userids))


def _since(rows: Any, name: str, floor: float) -> int:
    return sum(getattr(row, name) > floor for row in rows)


def _heads(written: list[AppMessage], floor: float) -> int:
    return sum(len(message.delivered) for message in written if message.sent_steady > floor)


def _has_room(written: list[AppMessage], userid: str, steady: float) -> bool:
    got = [message.sent_steady for message in written if userid in message.delivered]
    return (
        sum(at > steady - _MINUTE for at in got) < _MEMBER_PER_MINUTE
        and sum(at > steady - _DAY for at in got) < _MEMBER_PER_DAY
    )
