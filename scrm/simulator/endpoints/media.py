"""Uploads (素材): temporary media for three days, images for ever."""

from __future__ import annotations

from pathlib import PurePath

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import require_media
from scrm.simulator.endpoints.registry import Answer, Download, get, post
from scrm.simulator.errors import ApiError

_MEGABYTE = 1024 * 1024
_MOST_BYTES = {
    "image": 10 * _MEGABYTE,
    "voice": 2 * _MEGABYTE,
    "video": 10 * _MEGABYTE,
    "file": 20 * _MEGABYTE,
}
_ATTACHMENT_BYTES = 10 * _MEGABYTE
_USES = {"1": "moment", "2": "album"}
_LEAST_BYTES = 5
_DAY = 86_400
_IMAGES_PER_DAY, _IMAGES_PER_MONTH = 1000, 3000


@post("media/upload", upload=True)
def upload(corp: Corp, ask: Ask) -> Answer:
    """A file for three days; the form field is `media`, the kind stands in the query."""
    kind = ask.query.get("type", "")
    if kind not in _MOST_BYTES:
        raise ApiError(40004)
    media_id, now = _kept(corp, ask, kind, "message", _MOST_BYTES[kind])
    return {"type": kind, "media_id": media_id, "created_at": str(now)}


@post("media/upload_attachment", upload=True)
def upload_attachment(corp: Corp, ask: Ask) -> Answer:
    """A file for moments or the album alone; here `created_at` is a number."""
    kind, use = ask.query.get("media_type", ""), _USES.get(ask.query.get("attachment_type", ""))
    if use is None or kind not in ("image", "video", "file"):
        raise ApiError(41072)
    media_id, now = _kept(corp, ask, kind, use, _ATTACHMENT_BYTES)
    return {"type": kind, "media_id": media_id, "created_at": now}


@post("media/uploadimg", upload=True)
def uploadimg(corp: Corp, ask: Ask) -> Answer:
    """An image shown only inside WeCom; any field name will do."""
    if not ask.files:
        raise ApiError(40063, "missing media")
    _filename, content = next(iter(ask.files.values()))
    _check_size(content, 2 * _MEGABYTE)
    now = corp.clock.timestamp()
    today = sum(at > now - _DAY for at in corp.images)
    if today >= _IMAGES_PER_DAY or (
        sum(at > now - 30 * _DAY for at in corp.images) >= _IMAGES_PER_MONTH
    ):
        raise ApiError(45009)
    corp.record("image", at=now)
    return {"url": f"https://wework.qpic.cn/wwpic3az/{corp.new_id('', 24)}/0"}


@get("media/get")
def media_get(corp: Corp, ask: Ask) -> Answer | Download:
    """The file itself; only errors are JSON."""
    media_id = ask.text("media_id")
    require_media(corp, media_id, use="")
    content = corp.vault.get(media_id)
    if content is None:
        raise ApiError(40007)
    suffix = PurePath(corp.media[media_id].filename).suffix
    return Download(f"{media_id}{suffix}", content)


def _kept(corp: Corp, ask: Ask, kind: str, use: str, most: int) -> tuple[str, int]:
    if "media" not in ask.files:
        raise ApiError(40063, "missing media")
    filename, content = ask.files["media"]
    _check_size(content, most)
    media_id, now = corp.new_id("3", 63), corp.clock.timestamp()
    corp.vault.put(media_id, content)
    corp.record(
        "media",
        media_id=media_id,
        kind=kind,
        filename=filename,
        size=len(content),
        created_at=now,
        created_steady=corp.clock.steady(),
        use=use,
    )
    return media_id, now


def _check_size(content: bytes, most: int) -> None:
    if not _LEAST_BYTES < len(content) <= most:
        raise ApiError(45001)
