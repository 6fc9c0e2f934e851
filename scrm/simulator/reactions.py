"""What customers do about messages that reached them: answer, buy, go (客户反应)."""

from __future__ import annotations

import random
from collections.abc import Iterator

from scrm.simulator.corp import Corp
from scrm.simulator.habits import MONTH, WEEK
from scrm.simulator.records import SENT, Task

Reaction = tuple[int, str, dict[str, str]]  # the second, the act, who


def after(corp: Corp, number: int, task: Task, userid: str) -> Iterator[Reaction]:
    """What follows from one staff member's sending of the task (the `number`th of the corp)."""
    chance = corp.habits.chance("reaction", number, userid)
    for receiver, (status, at) in task.results[userid].items():
        if status != SENT:
            continue
        if task.chat_type == "group":
            yield from _in_group(corp, receiver, at, number)
        else:
            yield from _of_customer(corp, userid, receiver, at, chance)


def pressure(corp: Corp, receiver: str, at: int) -> float:
    """The growth that the messages to this customer or group up to `at` amount to."""
    sent = [second for second in corp.received.get(receiver, ()) if at - MONTH < second <= at]
    return corp.habits.growth(sum(second > at - WEEK for second in sent), len(sent))


def _of_customer(
    corp: Corp, userid: str, external_userid: str, at: int, chance: random.Random
) -> Iterator[Reaction]:
    habits, growth = corp.habits, pressure(corp, external_userid, at)
    who = {"userid": userid, "external_userid": external_userid}
    if chance.random() < habits.leaves(habits.unfriend, growth):
        yield _later(corp, at, chance), "delete", who
        return
    if chance.random() < habits.answer * habits.interest(growth):
        yield _later(corp, at, chance), "reply", who
    if chance.random() < habits.buy * habits.interest(growth):
        yield _later(corp, at, chance), "buy", who


def _in_group(corp: Corp, chat_id: str, at: int, number: int) -> Iterator[Reaction]:
    chat, growth = corp.chats.get(chat_id), pressure(corp, chat_id, at)
    for member in list(chat.members.values()) if chat else ():
        # A chance of their own: who is in the group may be another by the time this is asked again.
        chance = corp.habits.chance("group", number, chat_id, member.member_id)
        if member.kind == 2 and chance.random() < corp.habits.leaves(corp.habits.leave, growth):
            gone = {"chat_id": chat_id, "external_userid": member.member_id}
            yield _later(corp, at, chance), "leave", gone


def _later(corp: Corp, at: int, chance: random.Random) -> int:
    return at + round(chance.expovariate(1 / corp.habits.reacts_within()))
