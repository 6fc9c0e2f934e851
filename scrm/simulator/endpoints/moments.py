"""Moments for customers (客户朋友圈): making them."""

from __future__ import annotations

from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import require_media
from scrm.simulator.endpoints.contact_ways import numbers
from scrm.simulator.endpoints.registry import Answer, get, post
from scrm.simulator.errors import OK, ApiError
from scrm.simulator.people import LEFT
from scrm.simulator.tables import Moment

TEXT_CHARS, TEXT_BYTES, MOST_PICTURES, MOST_SENDERS = 2000, 4000, 9, 100_000
_PER_MINUTE, _PER_MONTH = 10, 100_000
_DAY = 86_400
_RUNNING, _DONE = 2, 3


@post("externalcontact/add_moment_task")
def add_moment_task(corp: Corp, ask: Ask) -> Answer:
    """Begin a job; what it made, and whom it left out, get_moment_task_result tells."""
    text = ask.part("text").text("content", "")
    if len(text) > TEXT_CHARS or len(text.encode()) > TEXT_BYTES:
        raise ApiError(40058, "invalid text size")
    attachments = _attachments(corp, ask)
    if not text and not attachments:
        raise ApiError(40058, "missing text and attachments")
    _check_rates(corp)
    now, steady = corp.clock.timestamp(), corp.clock.steady()
    senders, left_out = _senders(corp, ask.part("visible_range").part("sender_list"))
    tags = ask.part("visible_range").part("external_contact_list").texts("tag_list")
    known = {tag.tag_id for tag in corp.living_tags(tags)}
    moment = Moment(
        corp.new_id("mom", 29),
        corp.new_id("", 40),
        now,
        steady,
        visible_type=int(not tags),
        text=text,
        attachments=attachments,
        targets={userid: _audience(corp, userid, known if tags else None) for userid in senders},
        left_out={**left_out, "tag_list": [tag for tag in tags if tag not in known]},
    )
    corp.keep("moments", moment)
    return {"jobid": moment.jobid}


@get("externalcontact/get_moment_task_result")
def get_moment_task_result(corp: Corp, ask: Ask) -> Answer:
    """A job is known for a day; it is done when dispatching is over."""
    jobid = ask.text("jobid")
    moment = next((m for m in corp.moments.values() if m.jobid == jobid), None)
    if moment is None or corp.clock.steady() > moment.created_steady + _DAY:
        raise ApiError(40058, "invalid jobid")
    answer: Answer = {"status": _RUNNING, "type": "add_moment_task"}
    if corp.clock.steady() < moment.created_steady + corp.settings.dispatch_seconds:
        return answer
    nobody = not moment.targets
    result = {
        "errcode": 40003 if nobody else OK,
        "errmsg": "invalid user id" if nobody else "ok",
        "moment_id": "" if nobody else moment.moment_id,
        "invalid_sender_list": {
            "user_list": moment.left_out["user_list"],
            "department_list": moment.left_out["department_list"],
        },
        "invalid_external_contact_list": {"tag_list": moment.left_out["tag_list"]},
    }
    return {**answer, "status": _DONE, "result": result}


def _check_rates(corp: Corp) -> None:
    """45009 for too many in a minute or a month, 41078 while too many are in the making."""
    steady, settings = corp.clock.steady(), corp.settings
    made = [moment.created_steady for moment in corp.moments.values() if moment.jobid]
    for seconds, most in ((60, _PER_MINUTE), (30 * _DAY, _PER_MONTH)):
        if sum(at > steady - seconds for at in made) >= most:
            raise ApiError(45009)
    if sum(at > steady - settings.dispatch_seconds for at in made) >= settings.moment_jobs_at_once:
        raise ApiError(41078)


def _attachments(corp: Corp, ask: Ask) -> list[dict[str, Any]]:
    """Nine pictures, or one video, or one link, with media that were uploaded for moments."""
    attachments = ask.parts("attachments")
    kinds = {attachment.text("msgtype") for attachment in attachments}
    if not kinds <= {"image", "video", "link"}:
        raise ApiError(41065, "invalid attachments msgtype")
    most = MOST_PICTURES if kinds == {"image"} else 1
    if len(kinds) > 1 or len(attachments) > most:
        raise ApiError(40058, "invalid attachments size")
    found = []
    for attachment in attachments:
        kind = attachment.text("msgtype")
        body = attachment.part(kind)
        if kind == "link":
            body.text("url")
            body.text("title", "", most_bytes=128)
        require_media(corp, body.text("media_id"), use="moment")
        found.append({"msgtype": kind, kind: dict(body.data)})
    return found


def _senders(corp: Corp, ask: Ask) -> tuple[list[str], dict[str, Any]]:
    """Who shall publish, and who was named in vain; nobody named means everybody."""
    userids, departments = (
        ask.texts("user_list", most=MOST_SENDERS),
        numbers(ask, "department_list"),
    )
    able = {
        staff.userid.lower(): staff.userid
        for staff in corp.staff.values()
        if staff.follows and staff.status != LEFT
    }
    left_out = {
        "user_list": [userid for userid in userids if userid.lower() not in able],
        "department_list": [part for part in departments if part not in corp.departments],
    }
    if not userids and not departments:
        return list(able.values()), left_out
    known = [able[userid.lower()] for userid in userids if userid.lower() in able]
    wanted = corp.expand(known, departments)
    return [userid for userid in wanted if userid.lower() in able], left_out


def _audience(corp: Corp, userid: str, tags: set[str] | None) -> list[str]:
    return [
        follow.external_userid
        for follow in corp.customers_of(userid)
        if tags is None or not tags.isdisjoint(follow.tag_ids)
    ]
