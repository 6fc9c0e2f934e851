"""Statistics that follow from what happened in the corp (统计数据)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from scrm.simulator.corp import Corp
from scrm.simulator.records import CONTACT, SENT, GroupChat, Reply

DAY = 86_400
_ANSWERED = 0.88  # of the customers' messages
_SLOWEST_MINUTES = 20


@dataclass(slots=True)
class Day:
    """What some staff did with customers on one day."""

    written_to: set[tuple[str, str]] = field(default_factory=set)
    heard_from: set[tuple[str, str]] = field(default_factory=set)
    answered: set[tuple[str, str]] = field(default_factory=set)
    messages: int = 0
    minutes: list[int] = field(default_factory=list)
    lost: int = 0
    applied: int = 0
    added: int = 0

    def shown(self) -> dict[str, Any]:
        """In WeCom's words; what is said of answers only where somebody wrote."""
        figures: dict[str, Any] = {
            "chat_cnt": len(self.written_to),
            "message_cnt": self.messages,
            "negative_feedback_cnt": self.lost,
            "new_apply_cnt": self.applied,
            "new_contact_cnt": self.added,
        }
        if self.heard_from:
            share = 100 * len(self.answered) / len(self.heard_from)
            figures["reply_percentage"] = round(share, 2)
            figures["avg_reply_time"] = round(sum(self.minutes) / max(1, len(self.minutes)))
        return figures


def behaviour(corp: Corp, userids: Collection[str], days: range) -> list[tuple[int, Day]]:
    """Each day's figures, summed over the staff.

    Staff write welcomes, broadcasts and answers. Whether and when they answer is fixed by the
    customer's message, see `answer_minutes`.
    """
    found: dict[int, Day] = {midnight: Day() for midnight in days}
    nobodys = Day()

    def at(second: int) -> Day:
        return found.get(days[0] + (second - days[0]) // DAY * DAY, nobodys)

    _count_relations(corp, userids, at)
    _count_sent(corp, userids, at)
    _count_said(corp, userids, at)
    for reply in corp.replies:
        if reply.userid in userids:
            _count_reply(at(reply.at), reply)
    return list(found.items())


def answer_minutes(reply: Reply) -> int | None:
    """After how many minutes the staff member answers this message; None for never."""
    words = f"{reply.userid}{reply.external_userid}{reply.at}"
    digest = hashlib.sha256(words.encode()).digest()
    if digest[0] / 256 >= _ANSWERED:
        return None
    return 1 + digest[1] % _SLOWEST_MINUTES


def groups(corp: Corp, chats: Collection[GroupChat], since: int, until: int) -> dict[str, int]:
    """What happened in these groups from `since` to before `until`, in WeCom's words.

    Only broadcasts are written in groups, by the owner; who left is not counted any more.
    """
    living = [
        chat for chat in chats if chat.created_at < until and not 0 < chat.dismissed_at < until
    ]
    joined = [member.joined_at for chat in living for member in chat.members.values()]
    messages = [
        sum(since <= at < until for at in corp.received.get(chat.chat_id, ())) for chat in living
    ]
    active = sum(count > 0 for count in messages)
    return {
        "new_chat_cnt": sum(chat.created_at >= since for chat in living),
        "chat_total": len(living),
        "chat_has_msg": active,
        "new_member_cnt": sum(since <= at < until for at in joined),
        "member_total": sum(at < until for at in joined),
        "member_has_msg": active,
        "msg_total": sum(messages),
    }


def owned_chats(corp: Corp, userids: Collection[str]) -> dict[str, list[GroupChat]]:
    """The groups of each of these owners who has any."""
    names = {userid.lower() for userid in userids}
    owned: dict[str, list[GroupChat]] = defaultdict(list)
    for chat in corp.chats.values():
        if chat.owner.lower() in names:
            owned[chat.owner].append(chat)
    return owned


def _count_relations(corp: Corp, userids: Collection[str], at: Any) -> None:
    for userid in userids:
        for follow in corp.follows.get(userid, {}).values():
            day = at(follow.created_at)
            day.added += 1
            day.applied += follow.oper_userid == userid
            if follow.ended_by == CONTACT:
                at(follow.ended_at).lost += 1


def _count_sent(corp: Corp, userids: Collection[str], at: Any) -> None:
    for task in corp.broadcasts.values():
        for userid in task.results.keys() & set(userids) if task.chat_type == "single" else ():
            for external_userid, (status, second) in task.results[userid].items():
                if status == SENT:
                    _write(at(second), userid, external_userid)
    for welcome in corp.welcomes.values():
        if welcome.sent_at and welcome.userid in userids:
            _write(at(welcome.sent_at), welcome.userid, welcome.external_userid)


def _count_said(corp: Corp, userids: Collection[str], at: Any) -> None:
    for saying in corp.sayings.values():
        if saying.author in userids and saying.external_userid:
            _write(at(saying.at), saying.author, saying.external_userid)


def _count_reply(day: Day, reply: Reply) -> None:
    pair = (reply.userid, reply.external_userid)
    day.heard_from.add(pair)
    minutes = answer_minutes(reply)
    if minutes is not None:
        day.answered.add(pair)
        day.minutes.append(minutes)
        _write(day, *pair)


def _write(day: Day, userid: str, external_userid: str) -> None:
    day.written_to.add((userid, external_userid))
    day.messages += 1
