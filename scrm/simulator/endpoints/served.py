"""Everybody outside whom staff serve, customers or not (已服务的外部联系人)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.records import Contact, Follow, GroupChat, GroupMember

_MOST = 1000
_LIFETIME = 4 * 3600
_OUTSIDE = 2
# Places of members: the number of the group times this, plus the place inside it.
_GROUP_STEP = 100_000

# The place in its source, and what makes the row once it is wanted.
Row = tuple[int, Callable[[], dict[str, Any]]]


@post("externalcontact/contact_list")
def contact_list(corp: Corp, ask: Ask) -> Answer:
    """Relations first, then members of groups. Ids and cursors belong to one pass of 4 hours."""
    now = int(corp.clock.steady())
    position = cursors.unwrap(ask.text("cursor", ""), (int, int, int))
    begun, stage, after = map(int, position) if position else (now, 0, 0)
    if now - begun > _LIFETIME:
        raise ApiError(40058, "cursor expired")
    limit = ask.limit(_MOST, _MOST)
    rows: list[dict[str, Any]] = []
    for number, source in enumerate((_relations, _members)):
        for place, row in source(corp, begun) if number >= stage else ():
            if number == stage and place <= after:
                continue
            if len(rows) == limit:
                return {"info_list": rows, "next_cursor": cursors.wrap(begun, stage, after)}
            rows.append(row())
            stage, after = number, place
    return {"info_list": rows, "next_cursor": ""}


def _relations(corp: Corp, begun: int) -> Iterator[Row]:
    """Pairs of staff and customer, in the order they came to be."""
    visible = [staff.userid for staff in corp.following_staff() if corp.is_visible(staff)]
    pairs = [follow for userid in visible for follow in corp.customers_of(userid)]
    for follow in sorted(pairs, key=lambda follow: follow.seq):
        yield follow.seq, partial(_relation, corp, follow, begun)


def _members(corp: Corp, begun: int) -> Iterator[Row]:
    """People in groups of visible owners."""
    for number, chat in enumerate(corp.chats.values(), 1):
        owner = corp.staff.get(chat.owner.lower())
        if chat.dismissed_at or owner is None or not corp.is_visible(owner):
            continue
        outside = [member for member in chat.members.values() if member.kind == _OUTSIDE]
        for place, member in enumerate(outside):
            yield number * _GROUP_STEP + place, partial(_member, corp, chat, member, begun)


def _relation(corp: Corp, follow: Follow, begun: int) -> dict[str, Any]:
    return {
        "is_customer": True,
        "tmp_openid": _passing_id(corp, follow.external_userid, begun),
        "external_userid": follow.external_userid,
        "follow_userid": follow.userid,
        "add_time": follow.created_at,
    }


def _member(corp: Corp, chat: GroupChat, member: GroupMember, begun: int) -> dict[str, Any]:
    row = {"tmp_openid": _passing_id(corp, member.member_id, begun), "add_time": member.joined_at}
    if corp.followers_of(member.member_id):
        return {
            **row,
            "is_customer": True,
            "external_userid": member.member_id,
            "chat_id": chat.chat_id,
        }
    return {
        **row,
        "is_customer": False,
        "name": _masked(corp.contacts[member.member_id]),
        "follow_userid": chat.owner,
        "chat_name": chat.name,
    }


def _passing_id(corp: Corp, external_userid: str, begun: int) -> str:
    return corp.derived_id(f"passing{begun}{external_userid}", 40)


def _masked(person: Contact) -> str:
    return f"***{person.name[-1:]}"
