"""Handing groups over (分配在职成员的客户群, 分配离职成员的客户群)."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.handover import MOST_IN_WINDOW, WINDOW_DAYS, receiver_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.endpoints.spans import midnight
from scrm.simulator.errors import WORDS, ApiError
from scrm.simulator.handover import RESIGNED_DAYS
from scrm.simulator.messages import DAY
from scrm.simulator.people import LEFT
from scrm.simulator.records import GroupChat, Staff

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
        code = _refusal(corp, corp.chats.get(chat_id), new_owner, is_resigned=is_resigned)
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


def _refusal(corp: Corp, chat: GroupChat | None, new_owner: Staff, *, is_resigned: bool) -> int:
    """Why this group cannot be handed over, 0 when nothing is in the way."""
    if chat is None or chat.dismissed_at:
        return 90501
    owner = corp.staff.get(chat.owner.lower())
    if owner is None:
        return 90501
    code = _wrong_owner(corp, chat, owner, is_resigned=is_resigned)
    if code:
        return code
    if owner is new_owner:
        return 90504
    if corp.group_count(new_owner.userid) >= corp.settings.groups_per_owner:
        return 90503
    return _too_often(corp, chat, is_resigned=is_resigned)


def _wrong_owner(corp: Corp, chat: GroupChat, owner: Staff, *, is_resigned: bool) -> int:
    if not corp.is_visible(owner):
        return 60011
    if owner.status != LEFT and is_resigned:
        return 90508 if chat.is_inherited else 90500
    if owner.status == LEFT and not is_resigned:
        return 90502
    floor = corp.clock.timestamp() - RESIGNED_DAYS * DAY
    return 40003 if is_resigned and owner.left_at < floor else 0


def _too_often(corp: Corp, chat: GroupChat, *, is_resigned: bool) -> int:
    """Which codes WeCom gives here is not written down. For customers the one of the 90 days is
    40128; a day's allowance that is used up is a limit on frequency.
    """
    now = corp.clock.timestamp()
    given = corp.groups_given_since(chat.owner, midnight(now))
    if given >= corp.settings.groups_handed_over_per_day:
        return 45009
    recent = sum(at > now - WINDOW_DAYS * DAY for at in chat.handed_over)
    return 40128 if recent >= MOST_IN_WINDOW and not is_resigned else 0
