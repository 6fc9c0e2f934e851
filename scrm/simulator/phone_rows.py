"""What both phones show alike: people, chats in a list, tasks that wait."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

from scrm.simulator import chats
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.errors import Impossible
from scrm.simulator.people import LEFT
from scrm.simulator.records import Contact, Follow, GroupChat

Json = dict[str, Any]
Row = TypeVar("Row")
SHOWN = 40


def first(rows: Iterable[Row]) -> list[Row]:
    return list(islice(rows, SHOWN))


def name_of(corp: Corp, who: str) -> str:
    return chats.name_of(corp, who)


def person_row(corp: Corp, person: Contact) -> Json:
    follows = corp.followers.get(person.external_userid, {}).values()
    return {
        "external_userid": person.external_userid,
        "name": person.name,
        "gender": person.gender,
        "phone": person.phone,
        "friends": sum(not follow.ended_at for follow in follows),
    }


def staff_row(corp: Corp, userid: str) -> Json:
    member = corp.staff_named(userid)
    departments = [corp.departments[number].name for number in member.departments]
    return {
        "userid": member.userid,
        "name": member.name,
        "position": member.position,
        "department": departments[0] if departments else "",
        "corp": corp.departments[1].name,
        "customers": corp.customer_count(member.userid),
        "left": member.status == LEFT,
    }


def follow_of(corp: Corp, ask: Ask) -> Follow:
    userid, external_userid = (
        corp.staff_named(ask.text("userid")).userid,
        ask.text("external_userid"),
    )
    follow = corp.followers.get(external_userid, {}).get(userid)
    if follow is None:
        raise Impossible("they never met", field="external_userid")
    return follow


def chat_row(kind: str, id_: str, name: str, messages: list[Json], me: str) -> Json:
    incoming = [m for m in messages if m["kind"] == "message" and m["author"] != me]
    last = chats.gist(messages[-1]) if messages else {"at": 0, "text": "", "cards": [], "kind": ""}
    return {"kind": kind, "id": id_, "name": name, "last": last, "incoming": len(incoming)}


def group_row(corp: Corp, group: GroupChat, me: str) -> Json:
    row = chat_row("group", group.chat_id, group.name, chats.within(corp, group), me)
    if not row["last"]["at"]:
        row["last"]["at"] = group.created_at
    return {**row, "active": True, "members": len(group.members)}


def waiting_tasks(corp: Corp) -> dict[str, int]:
    """Open tasks by staff member, without those put aside."""
    waiting: dict[str, int] = {}
    for task in corp.tasks():
        for userid in task.targets:
            if task.is_open(userid) and not task.put_aside_at(userid):
                waiting[userid] = waiting.get(userid, 0) + 1
    return waiting
