"""What the phone page shows (手机): a customer's WeChat here, a staff member's WeCom beside it.

Times are unix seconds. Lists are cut to what fits a phone; every view costs little enough to be
asked for every second.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, islice

from scrm.simulator import chats, phone_staff
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.errors import Impossible
from scrm.simulator.phone_rows import (
    SHOWN,
    Json,
    chat_row,
    first,
    follow_of,
    group_row,
    name_of,
    person_row,
    staff_row,
)
from scrm.simulator.records import Follow
from scrm.simulator.world import names

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
        found = first(
            person
            for person in chain(met, strangers)
            if wanted in person.name.lower() or wanted == person.external_userid.lower()
        )
        return {"customers": [person_row(corp, person) for person in found]}


def customer(corp: Corp, ask: Ask) -> Json:
    """The home of a customer's phone: who they are, and their chats, the latest first."""
    person = corp.contact_named(ask.text("external_userid"))
    with corp.lock:
        follows = corp.followers.get(person.external_userid, {}).values()
        rows = [_chat_with_staff(corp, follow) for follow in follows]
        rows += [
            group_row(corp, chat, person.external_userid)
            for chat in corp.chats.values()
            if person.external_userid in chat.members and not chat.dismissed_at
        ]
    rows.sort(key=lambda row: -int(row["last"]["at"]))
    return {"person": person_row(corp, person), "chats": rows}


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
                        name_of(corp, userid)
                        for userid in islice(corp.expand(way.user, way.party), 5)
                    ],
                }
                for way in first(reversed(list(corp.contact_ways.values())))
            ],
            "joins": [
                {
                    "id": way.config_id,
                    "state": way.state,
                    "remark": way.remark,
                    "groups": [corp.chats[chat_id].name for chat_id in way.chat_id_list[:5]],
                }
                for way in first(reversed(list(corp.join_ways.values())))
            ],
            "links": [
                {"id": link.link_id, "remark": link.link_name}
                for link in first(reversed(list(corp.links.values())))
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
        follow = follow_of(corp, ask)
        return {
            "kind": "pair",
            "staff": staff_row(corp, follow.userid),
            "person": person_row(corp, corp.contacts[follow.external_userid]),
            "remark": follow.remark,
            "active": not follow.ended_at,
            "ended_by": follow.ended_by,
            "welcome_pending": _welcome_pending(corp, follow),
            "messages": chats.between(corp, follow),
        }


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
                "to": name_of(corp, bill.payee_userid),
            }
            for bill in corp.bills.values()
            if bill.external_userid == person.external_userid and not bill.is_refund
        ]
    bought.sort(key=lambda row: -int(row["at"]))
    return {"count": len(bought), "orders": bought[:SHOWN]}


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
    "staff": phone_staff.staff,
    "customer": customer,
    "codes": codes,
    "chat": chat,
    "desk": phone_staff.desk,
    "tasks": phone_staff.tasks,
    "clients": phone_staff.clients,
    "client": phone_staff.client,
    "orders": orders,
    "shop": shop,
}


def _welcome_pending(corp: Corp, follow: Follow) -> bool:
    """Could the welcome message still come?"""
    oldest = corp.clock.steady() - corp.settings.welcome_seconds
    return any(
        not welcome.sent_at and welcome.issued_steady >= oldest
        for welcome in islice(reversed(corp.welcomes.values()), 200)
        if (welcome.userid, welcome.external_userid) == (follow.userid, follow.external_userid)
    )


def _chat_with_staff(corp: Corp, follow: Follow) -> Json:
    messages = chats.between(corp, follow)
    row = chat_row(
        "staff", follow.userid, name_of(corp, follow.userid), messages, follow.external_userid
    )
    return {**row, "active": not follow.ended_at, "corp": corp.departments[1].name}
