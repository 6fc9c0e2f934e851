"""What a message may hold (消息内容): limits in bytes, media that exist."""

from __future__ import annotations

from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.errors import ApiError

TEXT_BYTES = 4000
MOST_ATTACHMENTS = 9
MEDIA_SECONDS = 3 * 86_400
SHOWN_IMAGES = "https://wework.qpic.cn/"  # where media/uploadimg puts them


def checked_message(corp: Corp, ask: Ask) -> tuple[str, list[dict[str, Any]]]:
    """Text and attachments as they will be stored; raises ApiError for what WeCom refuses."""
    text = ask.part("text").text("content", "")
    if len(text.encode()) > TEXT_BYTES:
        raise ApiError(45002)
    attachments = ask.parts("attachments")
    if len(attachments) > MOST_ATTACHMENTS:
        raise ApiError(41064)
    if not text and not attachments:
        raise ApiError(40058, "missing text and attachments")
    return text, [_checked(corp, attachment) for attachment in attachments]


def require_media(corp: Corp, media_id: str, *, use: str = "message") -> None:
    """40007 for a media_id that was never uploaded for this `use` ("": any), or is older than
    three days. What was fetched by its address is good for welcomes of groups alone.
    """
    media = corp.media.get(media_id)
    if media is None or media.created_steady + MEDIA_SECONDS < corp.clock.steady():
        raise ApiError(40007)
    good = ("message", "group_welcome") if use == "group_welcome" else (use,)
    if use and media.use not in good:
        raise ApiError(40007, "media_id of another use")


def _checked(corp: Corp, attachment: Ask) -> dict[str, Any]:
    kind = attachment.text("msgtype")
    check = CHECKS.get(kind)
    if check is None:
        raise ApiError(41065)
    return {"msgtype": kind, kind: check(corp, attachment.part(kind))}


def _image(corp: Corp, body: Ask) -> dict[str, Any]:
    media_id, url = body.text("media_id", ""), body.text("pic_url", "", most_bytes=2048)
    if media_id:
        require_media(corp, media_id)
        return {"media_id": media_id}
    if not url:
        raise ApiError(40058, "missing media_id or pic_url")
    if not url.startswith(SHOWN_IMAGES):
        raise ApiError(40058, "pic_url is not of media/uploadimg")
    return {"pic_url": url}


def _link(_corp: Corp, body: Ask) -> dict[str, Any]:
    return {
        "title": body.text("title", most_bytes=128),
        "picurl": body.text("picurl", "", most_bytes=2048),
        "desc": body.text("desc", "", most_bytes=512),
        "url": body.text("url", most_bytes=2048),
    }


def _miniprogram(corp: Corp, body: Ask) -> dict[str, Any]:
    require_media(corp, body.text("pic_media_id"))
    return {
        "title": body.text("title", most_bytes=64),
        "appid": body.text("appid"),
        "page": body.text("page"),
    }


def _stored(corp: Corp, body: Ask) -> dict[str, Any]:
    require_media(corp, body.text("media_id"))
    return {"media_id": body.text("media_id")}


def _stored_for_groups(corp: Corp, body: Ask) -> dict[str, Any]:
    require_media(corp, body.text("media_id"), use="group_welcome")
    return {"media_id": body.text("media_id")}


CHECKS = {
    "image": _image,
    "link": _link,
    "miniprogram": _miniprogram,
    "video": _stored,
    "file": _stored,
}
GROUP_WELCOME_CHECKS = {**CHECKS, "video": _stored_for_groups, "file": _stored_for_groups}
