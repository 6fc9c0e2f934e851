"""Handing groups over (分配在职成员的客户群, 分配离职成员的客户群)."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.handover import MOST_IN_WINDOW, WINDOW_DAYS, receiver_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import WORDS, ApiError
from scrm.simulator.messages import DAY
from scrm.simulator.people import LEFT
from scrm.simulator.records import Staff

MOST_AT_ONCE = 100


@post("externalcontact/groupchat/onjob_transfer")
def onjob_transfer(corp: Corp, ask: Ask) -> Answer:
    return _transfer(corp, ask, is_resigned=False)


@post("externalcontact/groupchat/transfer")
def transfer(corp: Corp, ask: Ask) -> Answer:
    """Of owners who left."""
    return _transfer(corp, ask, is_resigned=True)


def _transfer(corp: Corp, ask: Ask, *, is_resigned: bool) -> Answer:
    chat_ids = list(dict.fromkeys(ask.texts("chat_id_list", most=MOST_AT_ONCE)))
    if not chat_ids:
        raise ApiError(40058, "missing chat_id_list")
    new_owner = receiver_of(corp, ask.text("new_owner"))
    failed = []
    for chat_id in chat_ids:
        code = _refusal(corp, chat_id, new_owner, is_resigned=is_resigned)
        if code:
            failed.append({"chat_id": chat_id, "errcode": code, "errmsg": WORDS[code]})
        else:
            corp.record(
                "group_handed_over",
                chat_id=chat_id,
                owner=new_owner.userid,
                at=corp.clock.timestamp(),
                is_resigned=is_resigned,
            )
    return {"failed_chat_list": failed}


def _refusal(corp: Corp, chat_id: str, new_owner: Staff, *, is_resigned: bool) -> int:
    """Why this group cannot be handed over, 0 when nothing is in the way."""
    chat = corp.chats.get(chat_id)
    if chat is None or chat.dismissed_at:
        return 90501
    owner = corp.staff.get(chat.owner.lower())
    has_left = owner is None or owner.status == LEFT
    if has_left is not is_resigned:
        return 90500 if is_resigned else 90502
    if owner is new_owner:
        return 90504
    now = corp.clock.timestamp()
    recent = sum(at > now - WINDOW_DAYS * DAY for at in chat.handed_over)
    # Which code WeCom gives for groups is not written down; for customers it is this one.
    return 40128 if recent >= MOST_IN_WINDOW and not is_resigned else 0
