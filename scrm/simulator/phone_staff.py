"""What a staff member's phone shows (企业微信): chats, tasks, customers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from scrm.simulator import chats
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.phone_rows import (
    SHOWN,
    Json,
    chat_row,
    first,
    follow_of,
    group_row,
    name_of,
    staff_row,
    waiting_tasks,
)
from scrm.simulator.records import Follow, Task


def staff(corp: Corp, ask: Ask) -> Json:
    """Staff whose name or id contains `q`, with what waits for them."""
    wanted = ask.text("q", "").strip().lower()
    with corp.lock:
        waiting = waiting_tasks(corp)
        found = first(
            member
            for member in sorted(corp.following_staff(), key=lambda m: -waiting.get(m.userid, 0))
            if wanted in member.name.lower() or wanted in member.userid.lower()
        )
        return {
            "staff": [
                {**staff_row(corp, member.userid), "waiting": waiting.get(member.userid, 0)}
                for member in found
            ]
        }


def desk(corp: Corp, ask: Ask) -> Json:
    """The home of a staff member's phone: chats with customers, groups, tasks that wait."""
    userid = corp.staff_named(ask.text("userid")).userid
    with corp.lock:
        latest = first(reversed(list(_activity(corp, userid).items())))
        rows = [
            _chat_with_customer(corp, corp.followers[external_userid][userid])
            for external_userid, _at in latest
        ]
        rows += first(
            group_row(corp, group, userid)
            for group in corp.chats.values()
            if userid in group.members and not group.dismissed_at
        )
        waiting = waiting_tasks(corp).get(userid, 0)
    rows.sort(key=lambda row: -int(row["last"]["at"]))
    return {"staff": staff_row(corp, userid), "waiting": waiting, "chats": rows}


def tasks(corp: Corp, ask: Ask) -> Json:
    """The broadcast tasks of a staff member, the newest first; with `msgid` whom it is for."""
    userid, wanted = corp.staff_named(ask.text("userid")).userid, ask.text("msgid", "")
    with corp.lock:
        found = first(
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
        found = first(
            follow
            for follow in sorted(living, key=lambda follow: -follow.created_at)
            if wanted in follow.remark.lower()
            or wanted in name_of(corp, follow.external_userid).lower()
        )
        return {"total": len(living), "clients": [_client(corp, follow) for follow in found]}


def client(corp: Corp, ask: Ask) -> Json:
    """What a staff member sees of one customer, and every tag there is."""
    with corp.lock:
        follow = follow_of(corp, ask)
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


def _chat_with_customer(corp: Corp, follow: Follow) -> Json:
    messages = chats.between(corp, follow)
    name = follow.remark or name_of(corp, follow.external_userid)
    row = chat_row("customer", follow.external_userid, name, messages, follow.userid)
    return {**row, "active": not follow.ended_at}


def _activity(corp: Corp, userid: str) -> dict[str, int]:
    """The customers something happened with lately, the last of them last."""
    latest: dict[str, int] = {}
    for external_userid, at in _happenings(corp, userid):
        latest[external_userid] = max(at, latest.get(external_userid, 0))
    return dict(sorted(latest.items(), key=lambda pair: pair[1]))


def _happenings(corp: Corp, userid: str) -> Iterator[tuple[str, int]]:
    newest = islice(reversed(corp.follows.get(userid, {}).values()), SHOWN)
    yield from ((follow.external_userid, follow.created_at) for follow in newest)
    yield from ((r.external_userid, r.at) for r in corp.replies if r.userid == userid)
    for saying in corp.sayings.values():
        if saying.userid == userid:
            yield saying.external_userid, saying.at


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
        return follow.remark or name_of(corp, target)
    known = corp.chats.get(target)
    return known.name if known is not None else target


def _client(corp: Corp, follow: Follow) -> Json:
    tags = [corp.tags[tag_id].name for tag_id in follow.tag_ids if tag_id in corp.tags]
    return {
        "external_userid": follow.external_userid,
        "name": name_of(corp, follow.external_userid),
        "remark": follow.remark,
        "state": follow.state,
        "add_way": follow.add_way,
        "at": follow.created_at,
        "tags": tags,
    }
