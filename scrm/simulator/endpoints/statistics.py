"""Statistics (联系客户统计, 群聊数据统计)."""

from __future__ import annotations

from scrm.simulator import figures
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.contact_ways import numbers
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.endpoints.spans import DAY, midnight, span
from scrm.simulator.errors import ApiError

MOST_STAFF = MOST_DEPARTMENTS = MOST_OWNERS = 100
_ORDERS = {1: "new_chat_cnt", 2: "chat_total", 3: "new_member_cnt", 4: "member_total"}


@post("externalcontact/get_user_behavior_data")
def get_user_behavior_data(corp: Corp, ask: Ask) -> Answer:
    """One sum a day over all staff named or in the departments named."""
    userids = [staff_of(corp, found).userid for found in ask.texts("userid", most=MOST_STAFF)]
    departments = numbers(ask, "partyid")
    if len(departments) > MOST_DEPARTMENTS or not (userids or departments):
        raise ApiError(40058, "invalid userid or partyid")
    if any(department not in corp.departments for department in departments):
        raise ApiError(60123)
    if not corp.visible_departments().issuperset(departments):
        raise ApiError(60011)
    days = span(corp, ask, "start_time", "end_time")
    found = figures.behaviour(corp, set(corp.expand(userids, departments)), days)
    return {"behavior_data": [{"stat_time": start, **day.shown()} for start, day in found]}


@post("externalcontact/groupchat/statistic")
def groupchat_statistic(corp: Corp, ask: Ask) -> Answer:
    """By owner over the whole span, in pages by offset."""
    days, owned = _days(corp, ask), figures.owned_chats(corp, _owners(corp, ask))
    order = _ORDERS.get(ask.number("order_by", 1))
    if order is None:
        raise ApiError(40058, "invalid order_by")
    rows: list[Answer] = [
        {"owner": owner, "data": figures.groups(corp, chats, days[0], days[-1] + DAY)}
        for owner, chats in owned.items()
    ]
    rows.sort(key=lambda row: row["data"][order], reverse=not ask.number("order_asc", 0))
    offset = ask.number("offset", 0)
    chosen = rows[offset : offset + ask.limit(500, 1000)]
    return {"total": len(rows), "next_offset": offset + len(chosen), "items": chosen}


@post("externalcontact/groupchat/statistic_group_by_day")
def groupchat_statistic_group_by_day(corp: Corp, ask: Ask) -> Answer:
    days, owned = _days(corp, ask), figures.owned_chats(corp, _owners(corp, ask))
    chats = [chat for own in owned.values() for chat in own]
    return {
        "items": [
            {"stat_time": start, "data": figures.groups(corp, chats, start, start + DAY)}
            for start in days
        ]
    }


def _days(corp: Corp, ask: Ask) -> range:
    days = span(corp, ask, "day_begin_time", "day_end_time")
    if days[-1] >= midnight(corp.clock.timestamp()):
        raise ApiError(40058, "today is not over")
    return days


def _owners(corp: Corp, ask: Ask) -> list[str]:
    owners = ask.part("owner_filter").texts("userid_list", most=MOST_OWNERS)
    if not owners:
        raise ApiError(40058, "missing owner_filter")
    known = [corp.staff[owner.lower()] for owner in owners if owner.lower() in corp.staff]
    if not all(corp.is_visible(owner) for owner in known):
        raise ApiError(60011)
    return owners
