"""Uploads (素材): temporary media for three days, images for ever."""

from __future__ import annotations

import re
import struct
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
_WHOLE_BYTES = 20 * _MEGABYTE  # of a bigger file media/get gives parts only
_LONGEST_SIDE, _LONGEST_SHORT_SIDE = 10_800, 1080
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
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
    media_id, now = _kept(corp, ask, kind, use, _ATTACHMENT_BYTES, too_big=41080)
    return {"type": kind, "media_id": media_id, "created_at": now}


@post("media/uploadimg", upload=True)
def uploadimg(corp: Corp, ask: Ask) -> Answer:
    """An image shown only inside WeCom; any field name will do."""
    if not ask.files:
        raise ApiError(40063, "missing media")
    _filename, content = next(iter(ask.files.values()))
    _check_size(content, 2 * _MEGABYTE, 45001)
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
    """The file itself, or the part that the header Range asks for; only errors are JSON."""
    media_id = ask.text("media_id")
    require_media(corp, media_id, use="")
    content = corp.vault.get(media_id)
    if content is None:
        raise ApiError(40007)
    suffix = PurePath(corp.media[media_id].filename).suffix
    name, wanted = f"{media_id}{suffix}", _RANGE.fullmatch(ask.byte_range)
    if wanted is None and len(content) > _WHOLE_BYTES:
        raise ApiError(45001, "a file above 20 MB needs Range")
    if wanted is None:
        return Download(name, content)
    first, last = int(wanted[1]), int(wanted[2] or len(content))
    if not first <= last or first >= len(content):
        raise ApiError(40058, "invalid Range")
    part = content[first : min(last + 1, first + _WHOLE_BYTES)]
    return Download(name, part, first, len(content))


def _kept(
    corp: Corp, ask: Ask, kind: str, use: str, most: int, *, too_big: int = 45001
) -> tuple[str, int]:
    if "media" not in ask.files:
        raise ApiError(40063, "missing media")
    filename, content = ask.files["media"]
    _check_size(content, most, too_big)
    if use == "moment" and kind == "image":
        _check_sides(content)
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


def _check_size(content: bytes, most: int, too_big: int) -> None:
    if not _LEAST_BYTES < len(content) <= most:
        raise ApiError(too_big)


def _check_sides(content: bytes) -> None:
    """41081 for a PNG with too many pixels for moments; of other kinds nothing is measured."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or len(content) < 24:
        return
    short, long = sorted(struct.unpack(">II", content[16:24]))
    if long > _LONGEST_SIDE or short > _LONGEST_SHORT_SIDE:
        raise ApiError(41081)
