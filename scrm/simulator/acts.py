"""What people do, as one act each (客户与成员的行为).

Whoever is not named is picked by `chance`, so that a seed decides who acts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Container
from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.clock import moment
from scrm.simulator.corp import Corp
from scrm.simulator.errors import Impossible
from scrm.simulator.records import Follow
from scrm.simulator.state import ALPHABET
from scrm.simulator.world import names

Outcome = dict[str, Any]
Act = Callable[[Corp, Ask, random.Random], Outcome]


def add(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A customer adds a staff member; without ids a new person and anybody of the staff."""
    external_userid = ask.text("external_userid", "") or newcomer(
        corp, chance, ask.text("name", "")
    )
    userid = ask.text("userid", "") or any_staff(corp, chance)
    code = corp.follow(
        userid,
        external_userid,
        add_way=ask.number("add_way", 1),
        state=ask.text("state", ""),
        callback=True,
        welcome=ask.flag("welcome", default=True),
    )
    return {**_greeted(corp, ask, userid, external_userid), "welcome_code": code}


def arrive(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """Somebody new, who knows nobody yet."""
    return {"external_userid": newcomer(corp, chance, ask.text("name", ""))}


def delete(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A relation ends; `by` is contact (删除成员) or staff (删除客户)."""
    follow = _relation(corp, ask, chance)
    by = ask.text("by", "contact")
    if by not in ("contact", "staff"):
        raise Impossible("contact or staff", field="by")
    end = corp.unfollow_by_contact if by == "contact" else corp.unfollow_by_staff
    end(follow.userid, follow.external_userid, callback=True)
    return _ids(follow)


def join(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """Somebody joins a group; without ids anybody any group."""
    chat_id = ask.text("chat_id", "") or any_chat(corp, chance)
    external_userid = ask.text("external_userid", "") or any_customer(corp, chance).external_userid
    corp.join_group(
        chat_id,
        external_userid,
        scene=ask.number("scene", 3),
        nickname=ask.text("nickname", ""),
        callback=True,
    )
    return {"chat_id": chat_id, "external_userid": external_userid}


def leave(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """Somebody leaves a group, or is `removed`."""
    chat_id = ask.text("chat_id", "") or any_chat(corp, chance)
    member_id = ask.text("external_userid", "")
    if not member_id:
        outside = [
            member.member_id
            for member in corp.chat_named(chat_id).members.values()
            if member.kind == 2
        ]
        member_id = _any(chance, outside, "nobody from outside is in the group")
    removed = ask.flag("removed", default=False)
    corp.leave_group(chat_id, member_id, removed=removed, callback=True)
    return {"chat_id": chat_id, "external_userid": member_id}


def order(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """Somebody buys in the shop; without an amount a usual basket, now unless `at`."""
    external_userid = ask.text("external_userid", "") or any_customer(corp, chance).external_userid
    name, weight, _taste = chance.choice(names.PRODUCTS)
    order_id = corp.add_order(
        external_userid,
        amount_fen=ask.number("amount_fen", round(chance.gammavariate(6, 3500) * weight)),
        product=ask.text("product", name),
        quantity=ask.number("quantity", 1),
        at=moment(ask.number("at")) if ask.has("at") else None,
    )
    return {"order_id": order_id, "external_userid": external_userid}


def refund(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """Money goes back on an order; without an amount all that is left of it."""
    order_id = ask.text("order_id")
    known = corp.orders_by_id.get(order_id)
    rest = known.amount_fen - known.refunded_fen if known else 0
    corp.refund(order_id, ask.number("amount_fen", rest))
    return {"order_id": order_id}


def reply(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A customer writes to a staff member."""
    follow = _relation(corp, ask, chance)
    corp.reply(
        follow.userid,
        follow.external_userid,
        ask.text("text", "") or chance.choice(names.QUESTIONS),
    )
    return _ids(follow)


def say(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A staff member writes to a customer."""
    follow = _relation(corp, ask, chance)
    corp.say(follow.userid, follow.external_userid, ask.text("text"))
    return _ids(follow)


def speak(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """Somebody writes in a group."""
    corp.speak(ask.text("chat_id"), ask.text("author"), ask.text("text"))
    return {"chat_id": ask.text("chat_id"), "author": ask.text("author")}


def tag(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A staff member puts a tag on a customer."""
    follow = _relation(corp, ask, chance)
    corp.mark(follow.userid, follow.external_userid, ask.text("tag_id"), callback=True)
    return _ids(follow)


def untag(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A staff member takes a tag off a customer."""
    follow = _relation(corp, ask, chance)
    corp.unmark(follow.userid, follow.external_userid, ask.text("tag_id"), callback=True)
    return _ids(follow)


def remark(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A staff member writes another remark on a customer."""
    follow = _relation(corp, ask, chance)
    corp.edit_remark(follow.userid, follow.external_userid, ask.text("remark"), callback=True)
    return _ids(follow)


def scan(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """Somebody new, or the person named, scans a 联系我 or a 加入群聊 code."""
    external_userid = ask.text("external_userid", "") or newcomer(corp, chance)
    config_id = ask.text("config_id")
    if config_id in corp.join_ways:
        chat_id = corp.scan_join_way(config_id, external_userid, callback=True)
        return {"chat_id": chat_id, "external_userid": external_userid}
    userid = corp.scan_contact_way(config_id, external_userid, callback=True, welcome=True)
    return _greeted(corp, ask, userid, external_userid)


def link(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """Somebody new, or the person named, comes by an acquisition link."""
    external_userid = ask.text("external_userid", "") or newcomer(corp, chance)
    userid = corp.use_link(
        ask.text("link_id"),
        external_userid,
        channel=ask.text("channel", ""),
        callback=True,
        welcome=True,
    )
    return _greeted(corp, ask, userid, external_userid)


def refuse(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A customer says no to the colleague they are being handed to."""
    userid, external_userid = ask.text("userid"), ask.text("external_userid")
    corp.refuse_transfer(userid, external_userid)
    return {"userid": userid, "external_userid": external_userid}


def like(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A customer likes (or comments) the post of a staff member."""
    react = corp.comment_moment if ask.flag("comment", default=False) else corp.like_moment
    react(ask.text("moment_id"), ask.text("userid"), ask.text("external_userid"))
    return {"userid": ask.text("userid"), "external_userid": ask.text("external_userid")}


def pay(corp: Corp, ask: Ask, chance: random.Random) -> Outcome:
    """A customer pays a staff member inside WeCom, or gets money back of `out_trade_no`."""
    amount = ask.number("amount_fen", 9_900)
    if ask.has("out_trade_no"):
        return {"out_refund_no": corp.pay_back(ask.text("out_trade_no"), amount)}
    follow = _relation(corp, ask, chance)
    number = corp.pay(follow.userid, follow.external_userid, total_fen=amount)
    return {"out_trade_no": number, **_ids(follow)}


ACTS: dict[str, tuple[Act, frozenset[str]]] = {
    "add": (
        add,
        frozenset({"userid", "external_userid", "name", "add_way", "state", "welcome", "greeting"}),
    ),
    "arrive": (arrive, frozenset({"name"})),
    "delete": (delete, frozenset({"userid", "external_userid", "by"})),
    "join": (join, frozenset({"chat_id", "external_userid", "scene", "nickname"})),
    "leave": (leave, frozenset({"chat_id", "external_userid", "removed"})),
    "order": (order, frozenset({"external_userid", "amount_fen", "product", "quantity", "at"})),
    "refund": (refund, frozenset({"order_id", "amount_fen"})),
    "reply": (reply, frozenset({"userid", "external_userid", "text"})),
    "say": (say, frozenset({"userid", "external_userid", "text"})),
    "speak": (speak, frozenset({"chat_id", "author", "text"})),
    "tag": (tag, frozenset({"userid", "external_userid", "tag_id"})),
    "untag": (untag, frozenset({"userid", "external_userid", "tag_id"})),
    "scan": (scan, frozenset({"config_id", "external_userid", "greeting"})),
    "link": (link, frozenset({"link_id", "external_userid", "channel", "greeting"})),
    "refuse": (refuse, frozenset({"userid", "external_userid"})),
    "like": (like, frozenset({"moment_id", "userid", "external_userid", "comment"})),
    "pay": (pay, frozenset({"userid", "external_userid", "amount_fen", "out_trade_no"})),
    "remark": (remark, frozenset({"userid", "external_userid", "remark"})),
}


def newcomer(corp: Corp, chance: random.Random, name: str = "") -> str:
    """A person nobody has met; returns the external_userid."""
    external_userid = _unused("wm", 30, corp.contacts, chance)
    return corp.add_contact(
        external_userid,
        name=name or chance.choice(names.NICKNAMES) + chance.choice(names.EMOJI),
        unionid=_unused("oz", 26, (), chance),
        gender=chance.choice((0, 1, 2, 2)),
        phone=f"138{chance.randrange(10**8):08d}",
    )


def any_staff(corp: Corp, chance: random.Random) -> str:
    return _any(chance, [staff.userid for staff in corp.following_staff()], "nobody of the staff")


def any_chat(corp: Corp, chance: random.Random) -> str:
    living = [chat.chat_id for chat in corp.chats.values() if not chat.dismissed_at]
    return _any(chance, living, "there is no group")


def any_customer(corp: Corp, chance: random.Random) -> Follow:
    """A living relation, every staff member's customers as likely as another's."""
    for userid in chance.sample(list(corp.follows), len(corp.follows)):
        living = [follow for follow in corp.follows[userid].values() if not follow.ended_at]
        if living:
            return chance.choice(living)
    raise Impossible("nobody has a customer", field="external_userid")


def _relation(corp: Corp, ask: Ask, chance: random.Random) -> Follow:
    external_userid, userid = ask.text("external_userid", ""), ask.text("userid", "")
    if not external_userid:
        return any_customer(corp, chance)
    corp.contact_named(external_userid)
    if userid:
        return corp.follow_between(userid, external_userid)
    living = [
        follow for follow in corp.followers.get(external_userid, {}).values() if not follow.ended_at
    ]
    if not living:
        raise Impossible("nobody follows them", field="external_userid")
    return living[-1]


def _unused(prefix: str, length: int, taken: Container[str], chance: random.Random) -> str:
    """An id in WeCom's manner that follows from `chance` and is nobody's yet."""
    while True:
        made = prefix + "".join(chance.choices(ALPHABET, k=length))
        if made not in taken:
            return made


def _greeted(corp: Corp, ask: Ask, userid: str, external_userid: str) -> Outcome:
    """They are connected now; `greeting` are the words the customer sent along."""
    if ask.text("greeting", "").strip():
        corp.greet(userid, external_userid, ask.text("greeting"))
    return {"userid": userid, "external_userid": external_userid}


def _ids(follow: Follow) -> Outcome:
    return {"userid": follow.userid, "external_userid": follow.external_userid}


def _any(chance: random.Random, choices: list[str], otherwise: str) -> str:
    if not choices:
        raise Impossible(otherwise)
    return chance.choice(choices)
