"""Messages of the app to staff (应用消息)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import require_media
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.endpoints.spans import midnight
from scrm.simulator.errors import ApiError
from scrm.simulator.people import LEFT
from scrm.simulator.tables import AppMessage

TEXT_BYTES, URL_BYTES, MOST_USERS, MOST_DEPARTMENTS = 2048, 2048, 1000, 100
_PER_MINUTE, _PER_HOUR = 30, 1000
_LONGEST_CHECK, _USUAL_CHECK = 4 * 3600, 1800
_NOTICES = ("text_notice", "news_notice")
_INTERACTIVE = ("button_interaction", "vote_interaction", "multiple_interaction")


@post("message/send")
def message_send(corp: Corp, ask: Ask) -> Answer:
    """Receivers out of range are named, not refused, unless that is all of them."""
    if ask.number("agentid") != corp.identity.agent_id:
        raise ApiError(40056)
    kind, content = checked_content(corp, ask)
    users, departments = _list(ask, "touser", MOST_USERS), _list(ask, "toparty", MOST_DEPARTMENTS)
    tags = _list(ask, "totag", MOST_DEPARTMENTS)
    everybody = users == ["@all"]
    strangers = [] if everybody else [one for one in users if not _is_here(corp, one)]
    unknown = [one for one in departments if not one.isdigit() or int(one) not in corp.departments]
    receivers = _receivers(corp, users, departments, everybody=everybody)
    if not receivers:
        raise ApiError(81013)
    _check_allowance(corp, len(receivers))
    msgid = corp.new_id("", 44)
    delivered = [] if _is_repeated(corp, ask, kind, content, receivers) else receivers
    message = AppMessage(
        msgid,
        corp.clock.timestamp(),
        corp.clock.steady(),
        kind,
        content,
        receivers,
        [userid for userid in delivered if _has_room(corp, userid)],
    )
    corp.keep("app_messages", message)
    answer: Answer = {
        "invaliduser": "|".join(one.lower() for one in strangers),
        "invalidparty": "|".join(unknown),
        "invalidtag": "|".join(tags),  # nobody has a member tag here
        "unlicenseduser": "",
        "msgid": msgid,
    }
    if content.get("card_type") in _INTERACTIVE:
        answer["response_code"] = corp.new_id("", 43)
    return answer


def checked_content(corp: Corp, ask: Ask) -> tuple[str, dict[str, Any]]:
    """The kind of a message and its content as it will be kept; ApiError for wrong ones."""
    kind = ask.text("msgtype")
    check = _CHECKS.get(kind)
    if check is None:
        raise ApiError(40008)
    return kind, check(corp, ask.part(kind))


def _list(ask: Ask, name: str, most: int) -> list[str]:
    """Names written as "a|b"."""
    found = [part for part in ask.text(name, "").split("|") if part]
    if len(found) > most:
        raise ApiError(40032 if name == "touser" else 40058)
    return found


def _is_here(corp: Corp, userid: str) -> bool:
    staff = corp.staff.get(userid.lower())
    return staff is not None and staff.status != LEFT


def _receivers(
    corp: Corp, users: list[str], departments: list[str], *, everybody: bool
) -> list[str]:
    if everybody:
        return [staff.userid for staff in corp.staff.values() if staff.status != LEFT]
    named = [corp.staff[one.lower()].userid for one in users if _is_here(corp, one)]
    known = [int(part) for part in departments if part.isdigit() and int(part) in corp.departments]
    return corp.expand(named, known)


def _is_repeated(
    corp: Corp, ask: Ask, kind: str, content: dict[str, Any], receivers: list[str]
) -> bool:
    """Is it an equal message within the time the app wants to be checked?"""
    if ask.number("enable_duplicate_check", 0) != 1:
        return False
    interval = min(_LONGEST_CHECK, ask.number("duplicate_check_interval", _USUAL_CHECK))
    floor = corp.clock.steady() - interval
    return any(
        other.sent_steady > floor
        and (other.msgtype, other.content, other.receivers) == (kind, content, receivers)
        for other in corp.app_messages.values()
    )


def _check_allowance(corp: Corp, heads: int) -> None:
    """45009 when the app's messages of this day would reach more people than it may write to."""
    today = midnight(corp.clock.timestamp())
    written = sum(
        len(message.delivered)
        for message in corp.app_messages.values()
        if message.at >= today and not message.chatid
    )
    headcount = sum(staff.status != LEFT for staff in corp.staff.values())
    if written + heads > headcount * corp.settings.app_messages_per_head:
        raise ApiError(45009)


def _has_room(corp: Corp, userid: str) -> bool:
    """Whoever got 30 messages in a minute or 1,000 in an hour gets no more, without a word."""
    now = corp.clock.steady()
    got = [
        message.sent_steady
        for message in corp.app_messages.values()
        if userid in message.delivered and not message.chatid
    ]
    return (
        sum(at > now - 60 for at in got) < _PER_MINUTE
        and sum(at > now - 3600 for at in got) < _PER_HOUR
    )


def _text(_corp: Corp, body: Ask) -> dict[str, Any]:
    """Text and markdown are cut, not refused."""
    content = body.text("content")
    return {"content": content.encode()[:TEXT_BYTES].decode(errors="ignore")}


def _card(_corp: Corp, body: Ask) -> dict[str, Any]:
    return {
        "title": body.text("title", most_chars=128),
        "description": body.text("description", most_chars=512),
        "url": body.text("url", most_bytes=URL_BYTES),
        "btntxt": body.text("btntxt", "", most_chars=4),
    }


def _stored(corp: Corp, body: Ask) -> dict[str, Any]:
    require_media(corp, body.text("media_id"))
    return {"media_id": body.text("media_id")}


def _news(_corp: Corp, body: Ask) -> dict[str, Any]:
    articles = body.parts("articles")
    if not 1 <= len(articles) <= 8:
        raise ApiError(40058, "articles exceed 8")
    return {"articles": [{**article.data, "title": article.text("title")} for article in articles]}


def _template_card(corp: Corp, body: Ask) -> dict[str, Any]:
    kind = body.text("card_type")
    if kind not in (*_NOTICES, *_INTERACTIVE):
        raise ApiError(40058, "invalid card_type")
    if kind in _NOTICES and body.part("card_action").number("type") not in (1, 2):
        raise ApiError(40058, "invalid card_action")
    if kind in _INTERACTIVE or body.has("action_menu"):
        body.text("task_id")
    task_id = body.text("task_id", "", most_bytes=128)
    if task_id and any(m.content.get("task_id") == task_id for m in corp.app_messages.values()):
        raise ApiError(40058, "task_id exists")
    for name, most in (("horizontal_content_list", 6), ("jump_list", 3)):
        if len(body.parts(name)) > most:
            raise ApiError(40058, f"{name} exceed max size {most}")
    return dict(body.data)


_CHECKS: dict[str, Callable[[Corp, Ask], dict[str, Any]]] = {
    "text": _text,
    "markdown": _text,
    "textcard": _card,
    "news": _news,
    "template_card": _template_card,
    "image": _stored,
    "voice": _stored,
    "video": _stored,
    "file": _stored,
}
