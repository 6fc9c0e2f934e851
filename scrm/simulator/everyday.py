"""What customers do whether or not anybody wrote to them (日常): come, buy, write, join, go."""

from __future__ import annotations

import random
from collections.abc import Iterator

from scrm.simulator import acts
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.errors import Impossible
from scrm.simulator.habits import DAY, poisson
from scrm.simulator.reactions import pressure
from scrm.simulator.records import GroupChat, GroupMember

HOUR = 3600
KINDS = ("add", "order", "reply", "delete", "join", "leave")
_BY_CODE = 0.4  # of the newcomers, when there are channel codes
# Beijing's hours against the mean: little at night, most after work.
_WEIGHTS = (
    *(0.2, 0.1, 0.05, 0.05, 0.05, 0.1, 0.3, 0.6, 1.0, 1.3, 1.4, 1.4),
    *(1.5, 1.3, 1.2, 1.2, 1.2, 1.2, 1.3, 1.6, 2.0, 2.1, 1.8, 1.05),
)
_MEAN_WEIGHT = sum(_WEIGHTS) / len(_WEIGHTS)
_BEIJING_HOURS = 8


def planned(corp: Corp, hour: int) -> Iterator[tuple[int, str, random.Random]]:
    """The acts of one hour (hours since 1970): second, kind, and the chance to act by.

    Where pressure counts there are candidates for the worst of it; `live` lets most of them
    think better of it.
    """
    habits, customers = corp.habits, len(corp.followers)
    weight = _WEIGHTS[(hour + _BEIJING_HOURS) % 24] / _MEAN_WEIGHT
    for kind in KINDS:
        chance = habits.chance(kind, hour)
        expected = _daily(corp, kind) * customers * weight / 24
        if kind in ("delete", "leave"):
            expected *= habits.most_growth
        for number in range(poisson(chance, expected)):
            at = hour * HOUR + int(chance.random() * HOUR)
            yield at, kind, habits.chance(kind, hour, number)


def per_second(corp: Corp, kind: str) -> float:
    """How often this happens in the whole world, without pressure and time of day."""
    return _daily(corp, kind) * len(corp.followers) / DAY


def live(corp: Corp, kind: str, chance: random.Random, *, is_certain: bool = False) -> None:
    """One act of somebody; raises Impossible when nobody is there to do it."""
    match kind:
        case "add":
            _come(corp, chance)
        case "order":
            buy(corp, {}, chance)
        case "delete":
            follow = acts.any_customer(corp, chance)
            if is_certain or _drives_away(corp, follow.external_userid, chance):
                corp.unfollow_by_contact(follow.userid, follow.external_userid, callback=True)
        case "leave":
            chat, member = _anybody_in_a_group(corp, chance)
            if is_certain or _drives_away(corp, chat.chat_id, chance):
                corp.leave_group(chat.chat_id, member.member_id, callback=True)
        case _:
            acts.ACTS[kind][0](corp, Ask({}), chance)


def buy(corp: Corp, who: dict[str, str], chance: random.Random) -> None:
    """Somebody (or `who`) buys in the shop; some pay a staff member in the chat instead."""
    if chance.random() >= corp.habits.pays_in_chat:
        buyer = {name: value for name, value in who.items() if name == "external_userid"}
        acts.order(corp, Ask(buyer), chance)
        return
    amount = 100 * round(chance.gammavariate(6, 35))
    acts.pay(corp, Ask({**who, "amount_fen": max(100, amount)}), chance)


def _daily(corp: Corp, kind: str) -> float:
    rate: float = getattr(corp.habits, f"{kind}_daily")
    return rate


def _come(corp: Corp, chance: random.Random) -> None:
    """Somebody new adds a staff member, by a channel code where there is one."""
    codes = [way for way in corp.contact_ways.values() if not way.is_temp]
    if not codes or chance.random() >= _BY_CODE:
        acts.add(corp, Ask({}), chance)
        return
    way = chance.choice(codes)
    hosts = [
        userid
        for userid in corp.expand(way.user, way.party)
        if corp.staff_named(userid).status == 1
    ]
    if not hosts:
        raise Impossible("nobody behind the code", field="config_id")
    acts.add(corp, Ask({"userid": chance.choice(hosts), "state": way.state}), chance)


def _drives_away(corp: Corp, receiver: str, chance: random.Random) -> bool:
    growth = pressure(corp, receiver, corp.clock.timestamp())
    return chance.random() < growth / corp.habits.most_growth


def _anybody_in_a_group(corp: Corp, chance: random.Random) -> tuple[GroupChat, GroupMember]:
    chat = corp.chats[acts.any_chat(corp, chance)]
    outside = [member for member in chat.members.values() if member.kind == 2]
    if not outside:
        raise Impossible("nobody from outside is in the group", field="chat_id")
    return chat, chance.choice(outside)
