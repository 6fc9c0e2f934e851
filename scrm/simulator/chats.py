"""What stands in one chat (会话内容): every message of both sides, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrm.simulator.corp import Corp
from scrm.simulator.records import SENT, Follow, GroupChat, Task

Json = dict[str, Any]
SHOWN = 200
_JOINS = 5


def between(corp: Corp, follow: Follow) -> list[Json]:
    """The chat of a staff member and a customer: the last messages, the oldest first."""
    userid, external_userid = follow.userid, follow.external_userid
    messages = [
        _note("added", follow.created_at, follow.created_at),
        *_welcomes(corp, userid, external_userid),
        *_broadcasts(corp, userid, external_userid),
        *(
            _message(f"r{place}", reply.at, external_userid, reply.text)
            for place, reply in enumerate(corp.replies)
            if reply.userid == userid and reply.external_userid == external_userid
        ),
        *_typed(corp, userid, external_userid),
    ]
    if follow.ended_at:
        messages.append(_note(f"ended_{follow.ended_by}", follow.ended_at, follow.ended_at))
    return _shown(messages)


def within(corp: Corp, chat: GroupChat) -> list[Json]:
    """The chat of a group: the last messages, the oldest first."""
    messages = [
        *_broadcasts(corp, "", chat.chat_id),
        *(
            _message(saying.saying_id, saying.at, saying.author, saying.text)
            for saying in corp.sayings.values()
            if saying.chat_id == chat.chat_id
        ),
        *(
            {**_note("joined", member.joined_at, member.member_id), "author": member.member_id}
            for member in list(chat.members.values())[-_JOINS:]
        ),
    ]
    for message in messages:
        message["name"] = name_of(corp, str(message["author"]))
    return _shown(messages)


def name_of(corp: Corp, who: str) -> str:
    """The name of a staff member or a person outside; "" for nobody."""
    known = corp.staff.get(who.lower()) or corp.contacts.get(who)
    return known.name if known is not None else ""


def cards(corp: Corp, attachments: list[Json]) -> list[Json]:
    """Attachments as a phone shows them: kind, words, and the media_id of a picture we hold."""
    shown = []
    for attachment in attachments:
        kind = str(attachment["msgtype"])
        body = attachment[kind]
        media = corp.media.get(str(body.get("media_id", "")))
        card: Json = {"kind": kind, "title": body.get("title", ""), "desc": body.get("desc", "")}
        if kind == "image" and media is not None:
            card["media_id"] = media.media_id
        elif media is not None:
            card |= {"title": media.filename, "size": media.size}
        shown.append(card | ({"url": body["url"]} if kind == "link" else {}))
    return shown


def gist(message: Json) -> Json:
    """The last line of a chat list: when, and a few words."""
    kinds = [card["kind"] for card in message["cards"]]
    return {
        "at": message["at"],
        "text": message["text"][:60],
        "cards": kinds,
        "kind": message["kind"],
    }


def _shown(messages: list[Json]) -> list[Json]:
    """In order; of one second first who came and with which words, last who went."""
    return sorted(messages, key=lambda message: (message["at"], message["rank"]))[-SHOWN:]


def _message(
    id_: str, at: int, author: str, text: str, attachments: list[Json] | None = None, of: str = ""
) -> Json:
    return {
        "id": id_,
        "at": at,
        "kind": "message",
        "author": author,
        "text": text,
        "cards": attachments or [],
        "of": of,
        "rank": 2,
    }


def _note(what: str, at: int, of: object) -> Json:
    """A line of the system between the messages."""
    rank = 3 if what.startswith("ended") else 0
    return {**_message(f"{what}{of}", at, "", what), "kind": "note", "rank": rank}


def _typed(corp: Corp, userid: str, external_userid: str) -> Iterator[Json]:
    """What the staff member wrote, and the words with which the customer came."""
    for saying in corp.sayings.values():
        if (saying.userid, saying.external_userid) == (userid, external_userid):
            typed = _message(saying.saying_id, saying.at, saying.author, saying.text)
            yield typed | {"rank": 1} if saying.author == external_userid else typed


def _welcomes(corp: Corp, userid: str, external_userid: str) -> Iterator[Json]:
    for welcome in corp.welcomes.values():
        if welcome.sent_at and (welcome.userid, welcome.external_userid) == (
            userid,
            external_userid,
        ):
            parts = cards(corp, welcome.attachments)
            yield _message(
                welcome.code[-16:], welcome.sent_at, userid, welcome.text, parts, "welcome"
            )


def _broadcasts(corp: Corp, userid: str, receiver: str) -> Iterator[Json]:
    """The broadcasts that reached this customer or group, of one staff member or of all."""
    chat_type = "single" if userid else "group"
    for task in corp.tasks():
        if task.chat_type != chat_type:
            continue
        for sender in (userid,) if userid else tuple(task.results):
            status, at = task.results.get(sender, {}).get(receiver, (0, 0))
            if status == SENT:
                yield _of_task(corp, task, sender, at)


def _of_task(corp: Corp, task: Task, sender: str, at: int) -> Json:
    parts = cards(corp, task.attachments)
    return _message(f"{task.msgid[-16:]}{sender}", at, sender, task.text, parts, "broadcast")
