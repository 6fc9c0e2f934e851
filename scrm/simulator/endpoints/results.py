"""What became of broadcast tasks (群发结果), reminding and stopping."""

from __future__ import annotations

from typing import Any

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.records import SENT, UNSENT, Task

_MONTH = 31 * 86_400
_DAY = 86_400
_REMINDERS_PER_DAY = 3
_CONFIRMED = 2


@post("externalcontact/get_groupmsg_list_v2")
def get_groupmsg_list_v2(corp: Corp, ask: Ask) -> Answer:
    """Tasks made between two seconds, both included, the newest first."""
    chat_type = ask.text("chat_type")
    start, end = ask.number("start_time"), ask.number("end_time")
    if chat_type not in ("single", "group") or start > end or end - start > _MONTH:
        raise ApiError(40058, "invalid chat_type or time span")
    creator, kind = ask.text("creator", ""), ask.number("filter_type", 2)
    visible = corp.clock.steady() - corp.settings.listing_seconds
    rows = [
        (-place, task)
        for place, task in reversed(list(enumerate(corp.tasks())))
        if task.chat_type == chat_type
        and start <= task.created_at <= end
        and task.created_steady <= visible
        and creator in ("", task.creator)
        and kind in (2, task.create_type)
    ]
    chosen, cursor = cursors.page_after(
        rows, ask.text("cursor", ""), ask.limit(50, 100), key=_place
    )
    return {"next_cursor": cursor, "group_msg_list": [_listed(task) for _number, task in chosen]}


@post("externalcontact/get_groupmsg_task")
def get_groupmsg_task(corp: Corp, ask: Ask) -> Answer:
    """Which staff have pressed send."""
    task = _task(corp, ask)
    chosen, cursor = cursors.page_after(
        list(enumerate(task.targets, 1)),
        ask.text("cursor", ""),
        ask.limit(500, 1000),
        key=_place,
    )
    return {
        "next_cursor": cursor,
        "task_list": [
            {"userid": userid, "status": _CONFIRMED, "send_time": task.confirmed[userid]}
            if userid in task.confirmed
            else {"userid": userid, "status": UNSENT}
            for _number, userid in chosen
        ],
    }


@post("externalcontact/get_groupmsg_send_result")
def get_groupmsg_send_result(corp: Corp, ask: Ask) -> Answer:
    """What became of each customer of one staff member; of groups only the sent ones."""
    task = _task(corp, ask)
    userid = staff_of(corp, ask.text("userid")).userid
    results = task.results.get(userid, {})
    key = "chat_id" if task.chat_type == "group" else "external_userid"
    rows = [
        (place, receiver, *results.get(receiver, (UNSENT, 0)))
        for place, receiver in enumerate(task.targets.get(userid, ()), 1)
        if task.chat_type == "single" or results.get(receiver, (UNSENT,))[0] == SENT
    ]
    chosen, cursor = cursors.page_after(
        rows, ask.text("cursor", ""), ask.limit(500, 1000), key=_place
    )
    return {
        "next_cursor": cursor,
        "send_list": [
            {key: receiver, "userid": userid, "status": status}
            | ({"send_time": at} if status == SENT else {})
            for _number, receiver, status, at in chosen
        ],
    }


@post("externalcontact/remind_groupmsg_send")
def remind_groupmsg_send(corp: Corp, ask: Ask) -> Answer:
    """Ring the staff who have not confirmed; three times in 24 hours at most."""
    task = _task(corp, ask)
    _refuse_cancelled(task)
    now = corp.clock.timestamp()
    if sum(at > now - _DAY for at in task.reminders) >= _REMINDERS_PER_DAY:
        raise ApiError(41094)
    corp.record("remind", msgid=task.msgid, at=now)
    return {}


@post("externalcontact/cancel_groupmsg_send")
def cancel_groupmsg_send(corp: Corp, ask: Ask) -> Answer:
    """Stop the staff who have not sent; nothing is recalled."""
    task = _task(corp, ask)
    _refuse_cancelled(task)
    corp.record("cancel", msgid=task.msgid, at=corp.clock.timestamp())
    return {}


def _place(row: tuple[Any, ...]) -> int:
    return int(row[0])


def _task(corp: Corp, ask: Ask) -> Task:
    if not ask.has("msgid"):
        raise ApiError(41046)
    task = corp.broadcasts.get(ask.text("msgid"))
    if task is None:
        raise ApiError(41047)
    if corp.clock.steady() < task.created_steady + corp.settings.dispatch_seconds:
        raise ApiError(41063)
    return task


def _refuse_cancelled(task: Task) -> None:
    if task.cancelled:
        raise ApiError(41093)


def _listed(task: Task) -> Answer:
    answer: Answer = {"msgid": task.msgid}
    if task.creator:
        answer["creator"] = task.creator
    return {
        **answer,
        "create_time": task.created_at,
        "create_type": task.create_type,
        "text": {"content": task.text},
        "attachments": task.attachments,
    }
