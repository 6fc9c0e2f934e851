"""Customers (客户): who follows whom, and what is written on the relation."""

from __future__ import annotations

from typing import Any

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import require_media
from scrm.simulator.endpoints.registry import Answer, get, post
from scrm.simulator.errors import ApiError
from scrm.simulator.people import LEFT
from scrm.simulator.records import Contact, Follow, Staff

_CHANNELS = 10  # add_way: 视频号
_WECHAT = 1
_REMARKABLE = ("remark", "description", "remark_company", "remark_mobiles")
_CORP_TAG, _PERSONAL_TAG, _RULE_GROUP_TAG = 1, 2, 3
# What people of other corps show of themselves.
_PROFILE: Answer = {
    "external_attr": [
        {"type": 0, "name": "部门", "text": {"value": "采购中心"}},
        {
            "type": 1,
            "name": "官网",
            "web": {"url": "https://partner.example.com", "title": "公司主页"},
        },
        {
            "type": 2,
            "name": "小程序",
            "miniprogram": {
                "appid": "wx1b2c3d4e5f607182",
                "pagepath": "/index.html",
                "title": "供应链",
            },
        },
    ]
}


@get("externalcontact/get_follow_user_list")
def get_follow_user_list(corp: Corp, _ask: Ask) -> Answer:
    staff = corp.following_staff()
    return {"follow_user": [one.userid for one in staff if corp.is_visible(one)]}


@get("externalcontact/list")
def list_customers(corp: Corp, ask: Ask) -> Answer:
    """The customers of one staff member; none is the error 84061."""
    staff = staff_of(corp, ask.text("userid"))
    customers = [follow.external_userid for follow in corp.customers_of(staff.userid)]
    if not customers:
        raise ApiError(84061, external_userid=[])
    return {"external_userid": customers}


@get("externalcontact/get")
def get_customer(corp: Corp, ask: Ask) -> Answer:
    """One customer with all visible followers; in pages only when these are very many."""
    contact = contact_of(corp, ask.text("external_userid"))
    followers = [
        follow
        for follow in corp.followers_of(contact.external_userid)
        if corp.is_visible(corp.staff_named(follow.userid))
    ]
    if not followers:
        raise ApiError(84061)
    rows, cursor = cursors.page_after(
        followers, ask.text("cursor", ""), corp.settings.followers_per_page, key=_seq
    )
    answer: Answer = {
        "external_contact": _contact(contact),
        "follow_user": [_follow_user(corp, follow) for follow in rows],
    }
    return {**answer, "next_cursor": cursor} if cursor else answer


@post("externalcontact/batch/get_by_user")
def batch_get_by_user(corp: Corp, ask: Ask) -> Answer:
    """One row a pair, staff by staff; the cursor outlives changes between two pages."""
    asked = ask.texts("userid_list", most=100, code=40032)
    if not asked:
        raise ApiError(40058, "missing userid_list")
    staff = [staff_of(corp, userid).userid for userid in dict.fromkeys(asked)]
    limit = ask.limit(50, 100)
    position = cursors.unwrap(ask.text("cursor", ""), (int, int)) or [0, 0]
    place, after = int(position[0]), int(position[1])
    rows: list[Follow] = []
    for number in range(place, len(staff)):
        floor = after if number == place else 0
        follows = [follow for follow in corp.customers_of(staff[number]) if follow.seq > floor]
        room = limit - len(rows)
        rows += follows[:room]
        if len(follows) > room:
            return _batch(corp, rows, cursors.wrap(number, rows[-1].seq if room else floor))
    return _batch(corp, rows, "")


@post("externalcontact/remark", alone="external_userid")
def remark(corp: Corp, ask: Ask) -> Answer:
    """Change what the staff member wrote about the customer (修改客户备注信息)."""
    follow = follow_of(corp, ask)
    changed: dict[str, Any] = {}
    for name, most in (("remark", 20), ("description", 150), ("remark_company", 20)):
        if ask.has(name):
            changed[name] = ask.text(name, "", most_chars=most)
    if corp.contacts[follow.external_userid].kind != _WECHAT:
        changed.pop("remark_company", None)  # theirs is known
    if ask.has("remark_mobiles"):
        changed["mobiles"] = [number for number in ask.texts("remark_mobiles") if number]
    if ask.has("remark_pic_mediaid"):
        require_media(corp, ask.text("remark_pic_mediaid"))
    elif not any(map(ask.has, _REMARKABLE)):
        raise ApiError(40058, "nothing to change")
    corp.record("remark", userid=follow.userid, external_userid=follow.external_userid, **changed)
    return {}


def staff_of(corp: Corp, userid: str) -> Staff:
    """The staff member of this corp; 40003 when unknown or gone, 60011 outside the app's range."""
    staff = corp.staff.get(userid.lower())
    if staff is None or staff.status == LEFT:
        raise ApiError(40003)
    if not corp.is_visible(staff):
        raise ApiError(60011)
    return staff


def contact_of(corp: Corp, external_userid: str) -> Contact:
    contact = corp.contacts.get(external_userid)
    if contact is None:
        raise ApiError(40096)
    return contact


def follow_of(corp: Corp, ask: Ask) -> Follow:
    """The relation named by `userid` and `external_userid`; 40003, 40096 or 84061."""
    staff = staff_of(corp, ask.text("userid"))
    contact = contact_of(corp, ask.text("external_userid"))
    follow = corp.followers.get(contact.external_userid, {}).get(staff.userid)
    if follow is None or not corp.is_listed(follow):
        raise ApiError(84061)
    return follow


def _batch(corp: Corp, rows: list[Follow], cursor: str) -> Answer:
    return {
        "external_contact_list": [
            {
                "external_contact": _contact(corp.contacts[follow.external_userid]),
                "follow_info": {**_relation(follow), "tag_id": follow.tag_ids},
            }
            for follow in rows
        ],
        "next_cursor": cursor,
        "fail_info": {"unlicensed_userid_list": []},
    }


def _contact(contact: Contact) -> Answer:
    answer: Answer = {
        "external_userid": contact.external_userid,
        "name": contact.name,
        "avatar": contact.avatar,
        "type": contact.kind,
        "gender": contact.gender,
    }
    if contact.kind == _WECHAT:
        return {**answer, "unionid": contact.unionid} if contact.unionid else answer
    return {
        **answer,
        "position": contact.position,
        "corp_name": contact.corp_name,
        "corp_full_name": contact.corp_name,
        "external_profile": _PROFILE,
    }


def _follow_user(corp: Corp, follow: Follow) -> Answer:
    tags: list[Answer] = [
        {
            "group_name": corp.tag_groups[tag.group_id].name,
            "tag_name": tag.name,
            "type": _RULE_GROUP_TAG if corp.tag_groups[tag.group_id].strategy_id else _CORP_TAG,
            "tag_id": tag.tag_id,
        }
        for tag in corp.living_tags(follow.tag_ids)
    ]
    tags += [
        {"group_name": "个人标签", "tag_name": name, "type": _PERSONAL_TAG}
        for name in follow.personal_tags
    ]
    return {**_relation(follow), "tags": tags}


def _relation(follow: Follow) -> Answer:
    answer: Answer = {
        "userid": follow.userid,
        "remark": follow.remark,
        "description": follow.description,
        "createtime": follow.created_at,
        "remark_corp_name": follow.remark_company,
        "remark_mobiles": follow.mobiles,
        "oper_userid": follow.oper_userid,
        "add_way": follow.add_way,
        "state": follow.state,
    }
    if follow.add_way == _CHANNELS:
        answer["wechat_channels"] = {"nickname": "云岭茶业官方", "source": 2}
    return answer


def _seq(follow: Follow) -> int:
    return follow.seq
