"""What the phone page shows (手机): a customer's WeChat and a staff member's WeCom, in JSON.

Times are unix seconds. Lists are cut to what fits a phone; every view costs little enough to be
asked for every second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, TypeVar

from scrm.simulator import chats
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.errors import Impossible
from scrm.simulator.people import LEFT
from scrm.simulator.records import Contact, Follow, GroupChat, Task
from scrm.simulator.world import names

Json = dict[str, Any]
Row = TypeVar("Row")
_SHOWN = 40
_USUAL_FEN = 16_800


def customers(corp: Corp, ask: Ask) -> Json:
    """People outside whose name or id contains `q`, those who met somebody lately first."""
    wanted = ask.text("q", "").strip().lower()
    with corp.lock:
        met = (corp.contacts[who] for who in reversed(corp.followers))
        strangers = (
            person
            for person in reversed(corp.contacts.values())
            if person.external_userid not in corp.followers
        )
        found = _first(
            person
            for person in chain(met, strangers)
            if wanted in person.name.lower() or wanted == person.external_userid.lower()
        )
        return {"customers": [_person(corp, person) for person in found]}


def staff(corp: Corp, ask: Ask) -> Json:
    """Staff whose name or id contains `q`, with what waits for them."""
    wanted = ask.text("q", "").strip().lower()
    with corp.lock:
        waiting = _waiting(corp)
        found = _first(
            member
            for member in sorted(corp.following_staff(), key=lambda m: -waiting.get(m.userid, 0))
            if wanted in member.name.lower() or wanted in member.userid.lower()
        )
        return {
            "staff": [
                {**_staff(corp, member.userid), "waiting": waiting.get(member.userid, 0)}
                for member in found
            ]
        }


def customer(corp: Corp, ask: Ask) -> Json:
    """The home of a customer's phone: who they are, and their chats, the latest first."""
    person = corp.contact_named(ask.text("external_userid"))
    with corp.lock:
        follows = corp.followers.get(person.external_userid, {}).values()
        rows = [_chat_with_staff(corp, follow) for follow in follows]
        rows += [
            _chat_with_group(corp, chat, person.external_userid)
            for chat in corp.chats.values()
            if person.external_userid in chat.members and not chat.dismissed_at
        ]
    rows.sort(key=lambda row: -int(row["last"]["at"]))
    return {"person": _person(corp, person), "chats": rows}


def codes(corp: Corp, _ask: Ask) -> Json:
    """What a customer can scan or open: channel codes, group codes, acquisition links."""
    with corp.lock:
        return {
            "ways": [
                {
                    "id": way.config_id,
                    "state": way.state,
                    "remark": way.remark,
                    "staff": [
                        _name(corp, userid)
                        for userid in islice(corp.expand(way.user, way.party), 5)
                    ],
                }
                for way in _first(reversed(list(corp.contact_ways.values())))
            ],
            "joins": [
                {
                    "id": way.config_id,
                    "state": way.state,
                    "remark": way.remark,
                    "groups": [corp.chats[chat_id].name for chat_id in way.chat_id_list[:5]],
                }
                for way in _first(reversed(list(corp.join_ways.values())))
            ],
            "links": [
                {"id": link.link_id, "remark": link.link_name}
                for link in _first(reversed(list(corp.links.values())))
            ],
        }


def chat(corp: Corp, ask: Ask) -> Json:
    """One chat: of `userid` and `external_userid`, or the group `chat_id`."""
    with corp.lock:
        if ask.has("chat_id"):
            group = corp.chat_named(ask.text("chat_id"))
            return {
                "kind": "group",
                "name": group.name,
                "notice": group.notice,
                "members": len(group.members),
                "owner": group.owner,
                "active": True,
                "messages": chats.within(corp, group),
            }
        follow = _follow(corp, ask)
        return {
            "kind": "pair",
            "staff": _staff(corp, follow.userid),
            "person": _person(corp, corp.contacts[follow.external_userid]),
            "remark": follow.remark,
            "active": not follow.ended_at,
            "ended_by": follow.ended_by,
            "welcome_pending": _welcome_pending(corp, follow),
            "messages": chats.between(corp, follow),
        }


def desk(corp: Corp, ask: Ask) -> Json:
    """The home of a staff member's phone: chats with customers, groups, tasks that wait."""
    userid = corp.staff_named(ask.text("userid")).userid
    with corp.lock:
        latest = _first(reversed(list(_activity(corp, userid).items())))
        rows = [
            _chat_with_customer(corp, corp.followers[external_userid][userid])
            for external_userid, _at in latest
        ]
        rows += _first(
            _chat_with_group(corp, group, userid)
            for group in corp.chats.values()
            if userid in group.members and not group.dismissed_at
        )
        waiting = _waiting(corp).get(userid, 0)
    rows.sort(key=lambda row: -int(row["last"]["at"]))
    return {"staff": _staff(corp, userid), "waiting": waiting, "chats": rows}


def tasks(corp: Corp, ask: Ask) -> Json:
    """The broadcast tasks of a staff member, the newest first; with `msgid` whom it is for."""
    userid, wanted = corp.staff_named(ask.text("userid")).userid, ask.text("msgid", "")
    with corp.lock:
        found = _first(
            task
            for task in reversed(corp.tasks())
            if userid in task.targets and wanted in ("", task.msgid)
        )
        rows = [_task(corp, task, userid) for task in found]
        if wanted and found:
            rows[0]["targets"] = [
                {"id": target, "name": _receiver(corp, userid, target)}
                for target in found[0].targets[userid][:500]
            ]
        return {"tasks": rows}


def clients(corp: Corp, ask: Ask) -> Json:
    """The customers of a staff member whose name or remark contains `q`, the newest first."""
    userid, wanted = corp.staff_named(ask.text("userid")).userid, ask.text("q", "").strip().lower()
    with corp.lock:
        living = [follow for follow in corp.follows.get(userid, {}).values() if not follow.ended_at]
        found = _first(
            follow
            for follow in sorted(living, key=lambda follow: -follow.created_at)
            if wanted in follow.remark.lower()
            or wanted in _name(corp, follow.external_userid).lower()
        )
        return {"total": len(living), "clients": [_client(corp, follow) for follow in found]}


def client(corp: Corp, ask: Ask) -> Json:
    """What a staff member sees of one customer, and every tag there is."""
    with corp.lock:
        follow = _follow(corp, ask)
        groups = [
            {
                "name": group.name,
                "tags": [
                    {"id": tag.tag_id, "name": tag.name, "on": tag.tag_id in follow.tag_ids}
                    for tag in group.tags
                    if not tag.deleted
                ],
            }
            for group in corp.tag_groups.values()
            if not group.deleted
        ]
        return {**_client(corp, follow), "active": not follow.ended_at, "tag_groups": groups}


def orders(corp: Corp, ask: Ask) -> Json:
    """What a customer bought in the shop and paid to staff, the newest first."""
    person = corp.contact_named(ask.text("external_userid"))
    with corp.lock:
        bought: list[Json] = [
            {"at": order.paid_at, "name": order.product, "fen": order.amount_fen, "to": ""}
            for order in corp.orders
            if (person.unionid and order.unionid == person.unionid)
            or (person.phone and order.phone == person.phone)
        ]
        bought += [
            {
                "at": bill.paid_at,
                "name": bill.goods,
                "fen": bill.total_fen,
                "to": _name(corp, bill.payee_userid),
            }
            for bill in corp.bills.values()
            if bill.external_userid == person.external_userid and not bill.is_refund
        ]
    bought.sort(key=lambda row: -int(row["at"]))
    return {"count": len(bought), "orders": bought[:_SHOWN]}


def shop(_corp: Corp, _ask: Ask) -> Json:
    """What can be bought, at usual prices."""
    return {
        "products": [
            {"name": name, "fen": round(weight * _USUAL_FEN / 100) * 100, "kind": taste}
            for name, weight, taste in names.PRODUCTS
        ]
    }


def picture_id(corp: Corp, ask: Ask) -> str:
    """The media_id asked for, of those that were uploaded."""
    media_id = ask.text("media_id")
    if media_id not in corp.media:
        raise Impossible(f"no picture {media_id!r}", field="media_id")
    return media_id


VIEWS: dict[str, Callable[[Corp, Ask], Json]] = {
    "customers": customers,
    "staff": staff,
    "customer": customer,
    "codes": codes,
    "chat": chat,
    "desk": desk,
    "tasks": tasks,
    "clients": clients,
    "client": client,
    "orders": orders,
    "shop": shop,
}


def _first(rows: Iterable[Row]) -> list[Row]:
    return list(islice(rows, _SHOWN))


def _name(corp: Corp, who: str) -> str:
    return chats.name_of(corp, who)


def _person(corp: Corp, person: Contact) -> Json:
    follows = corp.followers.get(person.external_userid, {}).values()
    return {
        "external_userid": person.external_userid,
        "name": person.name,
        "gender": person.gender,
        "phone": person.phone,
        "friends": sum(not follow.ended_at for follow in follows),
    }


def _staff(corp: Corp, userid: str) -> Json:
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


def _follow(corp: Corp, ask: Ask) -> Follow:
    userid, external_userid = (
        corp.staff_named(ask.text("userid")).userid,
        ask.text("external_userid"),
    )
    follow = corp.followers.get(external_userid, {}).get(userid)
    if follow is None:
        raise Impossible("they never met", field="external_userid")
    return follow


def _welcome_pending(corp: Corp, follow: Follow) -> bool:
    """Could the welcome message still come?"""
    oldest = corp.clock.steady() - corp.settings.welcome_seconds
    return any(
        not welcome.sent_at and welcome.issued_steady >= oldest
        for welcome in islice(reversed(corp.welcomes.values()), 200)
        if (welcome.userid, welcome.external_userid) == (follow.userid, follow.external_userid)
    )


def _row(kind: str, id_: str, name: str, messages: list[Json], me: str) -> Json:
    incoming = [m for m in messages if m["kind"] == "message" and m["author"] != me]
    last = chats.gist(messages[-1]) if messages else {"at": 0, "text": "", "cards": [], "kind": ""}
    return {"kind": kind, "id": id_, "name": name, "last": last, "incoming": len(incoming)}


def _chat_with_staff(corp: Corp, follow: Follow) -> Json:
    messages = chats.between(corp, follow)
    row = _row("staff", follow.userid, _name(corp, follow.userid), messages, follow.external_userid)
    return {**row, "active": not follow.ended_at, "corp": corp.departments[1].name}


def _chat_with_customer(corp: Corp, follow: Follow) -> Json:
    messages = chats.between(corp, follow)
    name = follow.remark or _name(corp, follow.external_userid)
    row = _row("customer", follow.external_userid, name, messages, follow.userid)
    return {**row, "active": not follow.ended_at}


def _chat_with_group(corp: Corp, group: GroupChat, me: str) -> Json:
    row = _row("group", group.chat_id, group.name, chats.within(corp, group), me)
    if not row["last"]["at"]:
        row["last"]["at"] = group.created_at
    return {**row, "active": True, "members": len(group.members)}


def _activity(corp: Corp, userid: str) -> dict[str, int]:
    """The customers something happened with lately, the last of them last."""
    latest: dict[str, int] = {}
    for external_userid, at in _happenings(corp, userid):
        latest[external_userid] = max(at, latest.get(external_userid, 0))
    return dict(sorted(latest.items(), key=lambda pair: pair[1]))


def _happenings(corp: Corp, userid: str) -> Iterator[tuple[str, int]]:
    newest = islice(reversed(corp.follows.get(userid, {}).values()), _SHOWN)
    yield from ((follow.external_userid, follow.created_at) for follow in newest)
    yield from ((r.external_userid, r.at) for r in corp.replies if r.userid == userid)
    for saying in corp.sayings.values():
        if saying.userid == userid:
            yield saying.external_userid, saying.at


def _waiting(corp: Corp) -> dict[str, int]:
    """Open tasks by staff member, without those put aside."""
    waiting: dict[str, int] = {}
    for task in corp.tasks():
        for userid in task.targets:
            if task.is_open(userid) and not task.put_aside_at(userid):
                waiting[userid] = waiting.get(userid, 0) + 1
    return waiting


def _task(corp: Corp, task: Task, userid: str) -> Json:
    outcome = [status for status, _at in task.results.get(userid, {}).values()]
    state = "open"
    if userid in task.confirmed:
        state = "sent"
    elif task.cancelled:
        state = "cancelled"
    elif task.put_aside_at(userid):
        state = "ignored"
    return {
        "msgid": task.msgid,
        "chat_type": task.chat_type,
        "at": task.created_at,
        "text": task.text,
        "cards": chats.cards(corp, task.attachments),
        "receivers": len(task.targets[userid]),
        "allow_select": task.allow_select,
        "reminders": len(task.reminders),
        "state": state,
        "sent_at": task.confirmed.get(userid, 0),
        "outcome": {str(status): outcome.count(status) for status in (1, 2, 3)},
    }


def _receiver(corp: Corp, userid: str, target: str) -> str:
    follow = corp.followers.get(target, {}).get(userid)
    if follow is not None:
        return follow.remark or _name(corp, target)
    known = corp.chats.get(target)
    return known.name if known is not None else target


def _client(corp: Corp, follow: Follow) -> Json:
    tags = [corp.tags[tag_id].name for tag_id in follow.tag_ids if tag_id in corp.tags]
    return {
        "external_userid": follow.external_userid,
        "name": _name(corp, follow.external_userid),
        "remark": follow.remark,
        "state": follow.state,
        "add_way": follow.add_way,
        "at": follow.created_at,
        "tags": tags,
    }
