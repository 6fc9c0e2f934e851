"""The world in JSON, for people and tests that look at it from outside."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import islice
from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.clock import moment
from scrm.simulator.corp import Corp
from scrm.simulator.people import LEFT
from scrm.simulator.records import NOT_A_FRIEND, OVER_QUOTA, SENT, Delivery, Task

Json = dict[str, Any]


def state(corp: Corp, *, alive: bool) -> Json:
    """The numbers of the world. `contacts` are the customers a full sync would find."""
    with corp.lock:
        relations = [follow for own in corp.follows.values() for follow in own.values()]
        living = [
            follow
            for follow in relations
            if corp.is_listed(follow) and corp.staff[follow.userid.lower()].status != LEFT
        ]
        groups = [chat for chat in corp.chats.values() if not chat.dismissed_at]
        tasks_made = corp.tasks()
        outcomes = _outcomes(tasks_made)
        return {
            "simulated": True,
            "corp_id": corp.identity.corp_id,
            "clock": clock(corp),
            "alive": alive,
            "departments": len(corp.departments),
            "staff": sum(staff.status != LEFT for staff in corp.staff.values()),
            "persons": len(corp.contacts),
            "contacts": len({follow.external_userid for follow in living}),
            "relations": len(living),
            "ended_relations": sum(bool(follow.ended_at) for follow in relations),
            "tag_groups": sum(not group.deleted for group in corp.tag_groups.values()),
            "tags": sum(not tag.deleted for tag in corp.tags.values()),
            "groups": len(groups),
            "group_members": sum(len(chat.members) for chat in groups),
            "tasks": len(tasks_made),
            "tasks_waiting": sum(bool(_waiting(task)) for task in tasks_made),
            "sent": outcomes[SENT],
            "not_a_friend": outcomes[NOT_A_FRIEND],
            "over_quota": outcomes[OVER_QUOTA],
            "welcome_codes": len(corp.welcomes),
            "welcomes_sent": sum(bool(welcome.sent_at) for welcome in corp.welcomes.values()),
            "replies": len(corp.replies),
            "orders": len(corp.orders),
            "paid_fen": sum(order.amount_fen for order in corp.orders),
            "refunded_fen": sum(order.refunded_fen for order in corp.orders),
            "callbacks": callbacks(corp),
            "faults": len(corp.faults.list()),
        }


def moments(corp: Corp) -> Json:
    """Every post, the newest first: who was asked, who has published, who can see it."""
    with corp.lock:
        return {
            "moments": [
                {
                    "moment_id": post.moment_id,
                    "at": moment(post.created_at).isoformat(),
                    "text": post.text,
                    "asked": len(post.targets),
                    "published": len(post.published),
                    "reached": sum(len(seen) for seen in post.reached.values()),
                    "likes": len(post.likes),
                    "comments": len(post.comments),
                    "cancelled": bool(post.cancelled_at),
                }
                for post in reversed(list(corp.moments.values()))
            ]
        }


def app_messages(corp: Corp, ask: Ask) -> Json:
    """What staff read in the app's chat, of one `userid` or of all."""
    userid = ask.text("userid", "")
    with corp.lock:
        return {
            "messages": [
                {**asdict(message), "at": moment(message.at).isoformat()}
                for message in corp.app_messages.values()
                if not userid or userid in message.delivered
            ]
        }


def clock(corp: Corp) -> Json:
    return {"now": corp.clock.now().isoformat(timespec="seconds"), "speed": corp.clock.speed}


def ledger(corp: Corp, ask: Ask) -> Json:
    """Every message received, filtered by `msgid` and `external_userid` (or a chat id)."""
    found = corp.ledger(
        msgid=ask.text("msgid", ""), external_userid=ask.text("external_userid", "")
    )
    return {"count": len(found), "deliveries": [_delivery(delivery) for delivery in found]}


def tasks(corp: Corp, ask: Ask) -> Json:
    """The broadcast tasks, the newest first; `targets=1` adds who they are for."""
    wanted, with_targets = ask.text("msgid", ""), ask.number("targets", 0) == 1
    with corp.lock:
        found = [task for task in corp.tasks() if wanted in ("", task.msgid)]
        rows = [_task(task, with_targets=with_targets) for task in reversed(found)]
    return {"count": len(rows), "tasks": rows}


def calls(corp: Corp) -> Json:
    """API calls by path, refusals by code, and the worst load that was let through."""
    limits = corp.limits
    refusals: dict[str, dict[str, int]] = {}
    for (path, code), number in corp.calls.refusals.items():
        refusals.setdefault(path, {})[str(code)] = number
    return {
        "total": corp.calls.total(),
        "by_path": dict(corp.calls),
        "refusals": refusals,
        "peak_per_minute": dict(limits.peak_minute),
        "peak_per_hour": dict(limits.peak_hour),
        "peak_parallel": dict(limits.peak_parallel),
        "faults_struck": corp.faults.struck,
        "recent": [asdict(call) for call in islice(reversed(corp.calls.recent), 50)],
    }


def callbacks(corp: Corp) -> Json:
    sender = corp.callbacks
    return {
        "url": sender.url,
        "mode": sender.mode,
        "duplicate": sender.duplicate,
        "drop": sender.drop,
        "parallel": sender.parallel,
        "delivered": sender.delivered_count,
        "failed": sender.failed_count,
        "dropped": sender.dropped_count,
        "fates": len(sender.fates.list()),
        **sender.waiting(),
    }


def letters(corp: Corp, ask: Ask) -> Json:
    """The last events and what became of them, the newest first; `limit` up to 200."""
    return {
        "letters": [
            {
                "number": letter.number,
                "event": letter.name,
                "about": [_name_of(corp, name) for name in letter.subject],
                "at": moment(letter.timestamp).isoformat(),
                "state": letter.state,
                "fate": letter.fate,
                "tries": letter.tries,
                "outcome": letter.outcome,
                "milliseconds": round(letter.seconds * 1000),
            }
            for letter in corp.callbacks.latest(ask.limit(20, 200))
        ]
    }


def contact(corp: Corp, ask: Ask) -> Json:
    """One person: who follows them, their groups, orders and every message they received."""
    external_userid = ask.text("external_userid")
    person = corp.contact_named(external_userid)
    with corp.lock:
        follows = [asdict(follow) for follow in corp.followers.get(external_userid, {}).values()]
        chats = [chat.chat_id for chat in corp.chats.values() if external_userid in chat.members]
        orders = [
            asdict(order)
            for order in corp.orders
            if (person.unionid and order.unionid == person.unionid)
            or (person.phone and order.phone == person.phone)
        ]
    received = corp.ledger(external_userid=external_userid)
    return {
        "contact": asdict(person),
        "follows": follows,
        "groups": chats,
        "orders": orders,
        "messages": [_delivery(delivery) for delivery in received],
    }


def people(corp: Corp) -> Json:
    """A few staff, customers and groups to play with."""
    with corp.lock:
        customers = islice(
            (
                corp.contacts[external_userid]
                for external_userid, follows in reversed(corp.followers.items())
                if any(not follow.ended_at for follow in follows.values())
            ),
            30,
        )
        return {
            "staff": [
                {"userid": staff.userid, "name": staff.name}
                for staff in islice(corp.following_staff(), 50)
            ],
            "customers": [
                {"external_userid": person.external_userid, "name": person.name}
                for person in customers
            ],
            "groups": [
                {"chat_id": chat.chat_id, "name": chat.name}
                for chat in islice(corp.chats.values(), 30)
                if not chat.dismissed_at
            ],
        }


def _name_of(corp: Corp, subject: str) -> str:
    """The name of a staff member, person, group or tag; the id itself when it has none."""
    known = (
        corp.staff.get(subject.lower())
        or corp.contacts.get(subject)
        or corp.chats.get(subject)
        or corp.tags.get(subject)
        or corp.tag_groups.get(subject)
    )
    return known.name if known is not None else subject


def _outcomes(tasks_made: list[Task]) -> Counter[int]:
    return Counter(
        status
        for task in tasks_made
        for outcome in task.results.values()
        for status, _at in outcome.values()
    )


def _waiting(task: Task) -> list[str]:
    """Staff who could still press send."""
    return [userid for userid in task.targets if task.is_open(userid)]


def _task(task: Task, *, with_targets: bool) -> Json:
    outcomes = _outcomes([task])
    row: Json = {
        "msgid": task.msgid,
        "chat_type": task.chat_type,
        "sender": task.sender,
        "text": task.text,
        "attachments": len(task.attachments),
        "created_at": moment(task.created_at).isoformat(),
        "receivers": sum(map(len, task.targets.values())),
        "confirmed": list(task.confirmed),
        "waiting": _waiting(task),
        "cancelled": task.cancelled,
        "reminders": len(task.reminders),
        "allow_select": task.allow_select,
        "ignored": [userid for userid in task.targets if task.put_aside_at(userid)],
        "sent": outcomes[SENT],
        "not_a_friend": outcomes[NOT_A_FRIEND],
        "over_quota": outcomes[OVER_QUOTA],
    }
    return {**row, "targets": task.targets} if with_targets else row


def _delivery(delivery: Delivery) -> Json:
    return {**asdict(delivery), "at": delivery.at.isoformat()}
