"""Codes that lead into groups (加入群聊)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.contact_ways import REMARK_CHARS, STATE_CHARS, codes
from scrm.simulator.endpoints.groups import is_visible
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import JoinWay

MOST_CHATS, NAME_CHARS = 5, 40


@post("externalcontact/groupchat/add_join_way")
def add_join_way(corp: Corp, ask: Ask) -> Answer:
    """Answers with the id alone; the code comes from get_join_way."""
    if codes(corp) >= corp.settings.codes_per_corp:
        raise ApiError(41045)
    config_id = corp.new_id("").encode().hex()[:32]
    corp.keep("join_ways", _made(corp, ask, config_id, corp.clock.timestamp()))
    return {"config_id": config_id}


@post("externalcontact/groupchat/get_join_way")
def get_join_way(corp: Corp, ask: Ask) -> Answer:
    shown = asdict(_way(corp, ask))
    del shown["created_at"]
    return {"join_way": shown}


@post("externalcontact/groupchat/update_join_way")
def update_join_way(corp: Corp, ask: Ask) -> Answer:
    """Everything is overwritten; what is not named falls to its default."""
    way = _way(corp, ask)
    corp.keep("join_ways", _made(corp, ask, way.config_id, way.created_at))
    return {}


@post("externalcontact/groupchat/del_join_way")
def del_join_way(corp: Corp, ask: Ask) -> Answer:
    corp.record("drop", table="join_ways", id=_way(corp, ask).config_id)
    return {}


def _made(corp: Corp, ask: Ask, config_id: str, created_at: int) -> JoinWay:
    scene: Any = ask.data.get("scene")
    if scene is None:
        raise ApiError(41038)
    if scene not in (1, 2):
        raise ApiError(41040)
    chat_ids = list(dict.fromkeys(ask.texts("chat_id_list", most=MOST_CHATS, code=41091)))
    if not chat_ids:
        raise ApiError(40058, "missing chat_id_list")
    for chat_id in chat_ids:
        if chat_id not in corp.chats or corp.chats[chat_id].dismissed_at:
            raise ApiError(40058, "invalid chat_id")
        if not is_visible(corp, corp.chats[chat_id]):
            raise ApiError(60011)
    return JoinWay(
        config_id,
        created_at,
        scene,
        f"https://wework.qpic.cn/wwhead/{config_id}/0",
        remark=ask.text("remark", "")[:REMARK_CHARS],
        auto_create_room=ask.number("auto_create_room", 1),
        room_base_name=ask.text("room_base_name", "", most_chars=NAME_CHARS),
        room_base_id=ask.number("room_base_id", 1),
        chat_id_list=chat_ids,
        state=ask.text("state", "", most_chars=STATE_CHARS),
        mark_source=ask.flag("mark_source", default=True),
    )


def _way(corp: Corp, ask: Ask) -> JoinWay:
    if not ask.has("config_id"):
        raise ApiError(41043)
    way = corp.join_ways.get(ask.text("config_id"))
    if way is None:
        raise ApiError(41044)
    return way
