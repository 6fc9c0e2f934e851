"""Acquisition links (获客助手)."""

from __future__ import annotations

from typing import Any

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.contact_ways import numbers
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, get, post
from scrm.simulator.endpoints.spans import DAY, span
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import Link

NAME_CHARS, MOST_STAFF, MOST_PREFERRED = 30, 500, 1000
_ANYBODY, _NAMED = 1, 2
_SILENT, _HAS_WRITTEN = 0, 1
_CHAT_KEY_SECONDS = 1800


@post("externalcontact/customer_acquisition/list_link")
def list_link(corp: Corp, ask: Ask) -> Answer:
    rows = list(enumerate(corp.links, 1))
    chosen, cursor = cursors.page_after(
        rows, ask.text("cursor", ""), ask.limit(100, 100), key=lambda row: row[0]
    )
    return {"link_id_list": [link_id for _place, link_id in chosen], "next_cursor": cursor}


@post("externalcontact/customer_acquisition/get")
def get_link(corp: Corp, ask: Ask) -> Answer:
    link = _link(corp, ask)
    answer: Answer = {
        "link": {
            "link_name": link.link_name,
            "url": link.url,
            "create_time": link.created_at,
            "skip_verify": link.skip_verify,
            "mark_source": link.mark_source,
        },
        "range": {"user_list": link.user_list, "department_list": link.department_list},
    }
    return {**answer, "priority_option": link.priority} if link.priority else answer


@post("externalcontact/customer_acquisition/create_link")
def create_link(corp: Corp, ask: Ask) -> Answer:
    if len(corp.links) >= corp.settings.links_per_corp:
        raise ApiError(41095)
    name = ask.text("link_name", most_chars=NAME_CHARS)
    link_id = "caw" + corp.new_id("").encode().hex()[:15]
    link = Link(link_id, name, corp.clock.timestamp(), **_changed(corp, ask))
    if not link.user_list and not link.department_list:
        raise ApiError(40058, "missing range")
    corp.keep("links", link)
    return {
        "link": {
            "link_id": link_id,
            "link_name": name,
            "url": link.url,
            "create_time": link.created_at,
        }
    }


@post("externalcontact/customer_acquisition/update_link")
def update_link(corp: Corp, ask: Ask) -> Answer:
    """What is named is overwritten: range and priority as a whole."""
    link = _link(corp, ask)
    changed = _changed(corp, ask)
    if ask.has("link_name"):
        changed["link_name"] = ask.text("link_name", most_chars=NAME_CHARS)
    corp.record("edit", table="links", id=link.link_id, **changed)
    return {}


@post("externalcontact/customer_acquisition/delete_link")
def delete_link(corp: Corp, ask: Ask) -> Answer:
    corp.record("drop", table="links", id=_link(corp, ask).link_id)
    return {}


@post("externalcontact/customer_acquisition/customer")
def customers(corp: Corp, ask: Ask) -> Answer:
    link = _link(corp, ask)
    rows = list(enumerate(link.customers, 1))
    chosen, cursor = cursors.page_after(
        rows, ask.text("cursor", ""), ask.limit(100, 1000), key=lambda row: row[0]
    )
    return {
        "customer_list": [
            {
                "external_userid": external_userid,
                "userid": userid,
                "chat_status": _chat_status(corp, userid, external_userid),
                "state": state,
            }
            for _place, (external_userid, userid, state, _at) in chosen
        ],
        "next_cursor": cursor,
    }


@post("externalcontact/customer_acquisition/statistic")
def statistic(corp: Corp, ask: Ask) -> Answer:
    link = _link(corp, ask)
    days = span(corp, ask, "start_time", "end_time")
    since, until = days[0], days[-1] + DAY
    return {
        "click_link_customer_cnt": sum(since <= at < until for at in link.opened),
        "new_customer_cnt": sum(since <= customer[3] < until for customer in link.customers),
    }


@get("externalcontact/customer_acquisition_quota")
def quota(corp: Corp, _ask: Ask) -> Answer:
    """What is left, by the day it ends on."""
    now = corp.clock.timestamp()
    bought = sum(line.granted for line in corp.quota_lines.values() if line.expires_at > now)
    return {
        "total": corp.settings.acquisition_uses + bought,
        "balance": corp.acquisition_balance(),
        "quota_list": [
            {"expire_date": end, "balance": left} for end, left in corp.acquisition_lines()
        ],
    }


@post("externalcontact/customer_acquisition/get_chat_info")
def get_chat_info(corp: Corp, ask: Ask) -> Answer:
    """What a ChatKey of the last half hour stands for."""
    key = corp.chat_keys.get(ask.text("chat_key"))
    if key is None or corp.clock.steady() - key.made_steady > _CHAT_KEY_SECONDS:
        raise ApiError(40058, "invalid chat_key")
    return {
        "userid": key.userid,
        "external_userid": key.external_userid,
        "chat_info": {
            "recv_msg_cnt": key.received,
            "link_id": key.link_id,
            "state": key.state,
        },
    }


def _changed(corp: Corp, ask: Ask) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name in ("skip_verify", "mark_source"):
        if ask.has(name):
            changed[name] = ask.flag(name, default=True)
    if ask.has("range"):
        scope = ask.part("range")
        userids = [staff_of(corp, userid).userid for userid in scope.texts("user_list")]
        departments = numbers(scope, "department_list")
        if any(department not in corp.departments for department in departments):
            raise ApiError(60123)
        if len(corp.expand(userids, departments)) > MOST_STAFF:
            raise ApiError(40058, f"range exceed max size {MOST_STAFF}")
        changed |= {"user_list": userids, "department_list": departments}
    if ask.has("priority_option"):
        changed["priority"] = _priority(corp, ask.part("priority_option"))
    return changed


def _priority(corp: Corp, ask: Ask) -> dict[str, Any]:
    kind = ask.number("priority_type")
    if kind not in (_ANYBODY, _NAMED):
        raise ApiError(40058, "invalid priority_type")
    named = [
        staff_of(corp, userid).userid
        for userid in ask.texts("priority_userid_list", most=MOST_PREFERRED)
    ]
    if kind == _NAMED and not named:
        raise ApiError(40058, "missing priority_userid_list")
    return {"priority_type": kind, "priority_userid_list": named}


def _chat_status(corp: Corp, userid: str, external_userid: str) -> int:
    follow = corp.followers.get(external_userid, {}).get(userid)
    return _HAS_WRITTEN if follow and follow.talked_at else _SILENT


def _link(corp: Corp, ask: Ask) -> Link:
    link = corp.links.get(ask.text("link_id"))
    if link is None:
        raise ApiError(40058, "invalid link_id")
    return link
