"""What became of moments (朋友圈发表结果)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import Moment

_LONGEST_SPAN = 30 * 86_400
_PAGE = 20


@post("externalcontact/cancel_moment_task")
def cancel_moment_task(corp: Corp, ask: Ask) -> Answer:
    """Stop the staff who have not published; nothing is recalled."""
    moment = _of_the_corp(corp, ask)
    if not moment.cancelled_at:
        at = corp.clock.timestamp()
        corp.record("edit", table="moments", id=moment.moment_id, cancelled_at=at)
    return {}


@post("externalcontact/get_moment_list")
def get_moment_list(corp: Corp, ask: Ask) -> Answer:
    """Posts between two seconds, both left out, the newest first."""
    start, end = ask.number("start_time"), ask.number("end_time")
    if not 0 <= end - start <= _LONGEST_SPAN:
        raise ApiError(40058, "invalid time span")
    creator, kind = ask.text("creator", ""), ask.number("filter_type", 2)
    rows = [
        (-place, moment)
        for place, moment in reversed(list(enumerate(corp.moments.values())))
        if start < moment.created_at < end
        and moment.targets
        and creator in ("", moment.creator)
        and kind in (2, moment.create_type)
    ]
    chosen, cursor = cursors.page_after(
        rows, ask.text("cursor", ""), ask.limit(_PAGE, _PAGE), key=_place
    )
    return {"next_cursor": cursor, "moment_list": [_listed(moment) for _place, moment in chosen]}


@post("externalcontact/get_moment_task")
def get_moment_task(corp: Corp, ask: Ask) -> Answer:
    moment = _of_the_corp(corp, ask)
    rows, cursor = _page(ask, list(moment.targets), 500, 1000)
    return {
        "next_cursor": cursor,
        "task_list": [
            {"userid": userid, "publish_status": int(userid in moment.published)} for userid in rows
        ],
    }


@post("externalcontact/get_moment_customer_list")
def get_moment_customer_list(corp: Corp, ask: Ask) -> Answer:
    """The audience one staff member's post is meant for."""
    moment = _moment(corp, ask)
    userid = _sender(corp, ask, moment)
    rows, cursor = _page(ask, moment.targets[userid], 500, 1000)
    return {
        "next_cursor": cursor,
        "customer_list": [{"userid": userid, "external_userid": one} for one in rows],
    }


@post("externalcontact/get_moment_send_result")
def get_moment_send_result(corp: Corp, ask: Ask) -> Answer:
    """The customers who can see one staff member's post."""
    moment = _moment(corp, ask)
    userid = _publisher(corp, ask, moment)
    rows, cursor = _page(ask, moment.reached[userid], 3000, 5000)
    return {"next_cursor": cursor, "customer_list": [{"external_userid": one} for one in rows]}


@post("externalcontact/get_moment_comments")
def get_moment_comments(corp: Corp, ask: Ask) -> Answer:
    """Who liked and commented one staff member's post, without the words."""
    moment = _moment(corp, ask)
    userid = _publisher(corp, ask, moment)

    def shown(reactions: list[list[Any]]) -> list[Answer]:
        return [
            {("userid" if who.lower() in corp.staff else "external_userid"): who, "create_time": at}
            for sender, who, at in reactions
            if sender == userid
        ]

    return {"comment_list": shown(moment.comments), "like_list": shown(moment.likes)}


def _place(row: tuple[Any, ...]) -> int:
    return int(row[0])


def _page(ask: Ask, rows: Sequence[str], default: int, most: int) -> tuple[list[str], str]:
    numbered = list(enumerate(rows, 1))
    chosen, cursor = cursors.page_after(
        numbered, ask.text("cursor", ""), ask.limit(default, most), key=_place
    )
    return [row for _number, row in chosen], cursor


def _moment(corp: Corp, ask: Ask) -> Moment:
    if not ask.has("moment_id"):
        raise ApiError(41059)
    moment = corp.moments.get(ask.text("moment_id"))
    if moment is None:
        raise ApiError(41060)
    if corp.clock.steady() < moment.created_steady + corp.settings.dispatch_seconds:
        raise ApiError(41079)
    return moment


def _of_the_corp(corp: Corp, ask: Ask) -> Moment:
    """41067 for what a staff member posted on their own: that has no tasks."""
    moment = _moment(corp, ask)
    if moment.create_type:
        raise ApiError(41067)
    return moment


def _sender(corp: Corp, ask: Ask, moment: Moment) -> str:
    userid = staff_of(corp, ask.text("userid")).userid
    if userid not in moment.targets:
        raise ApiError(41061)
    return userid


def _publisher(corp: Corp, ask: Ask, moment: Moment) -> str:
    userid = _sender(corp, ask, moment)
    if userid not in moment.published:
        raise ApiError(41062)
    return userid


def _listed(moment: Moment) -> Answer:
    answer: Answer = {"moment_id": moment.moment_id}
    if moment.creator:
        answer["creator"] = moment.creator
    answer |= {
        "create_time": moment.created_at,
        "create_type": moment.create_type,
        "visible_type": moment.visible_type,
        "text": {"content": moment.text},
    }
    for attachment in moment.attachments:
        kind = attachment["msgtype"]
        if kind == "image":
            answer.setdefault("image", []).append({"media_id": attachment[kind]["media_id"]})
        elif kind == "video":
            media_id = attachment[kind]["media_id"]
            answer["video"] = {"media_id": media_id, "thumb_media_id": media_id}
        else:
            body = attachment[kind]
            answer["link"] = {"title": body.get("title", ""), "url": body["url"]}
    if moment.location:
        answer["location"] = dict(moment.location)
    return answer
