"""Reading what people show of themselves (对外属性)."""

from __future__ import annotations

from scrm.wecom.gateway.reading import Json, number, records, text
from scrm.wecom.types.people import ProfileAttribute


def attributes(record: Json, key: str) -> tuple[ProfileAttribute, ...]:
    """The lines of a profile under `key`."""
    return tuple(_attribute(one) for one in records(record, key))


def _attribute(record: Json) -> ProfileAttribute:
    words, web = record.get("text") or {}, record.get("web") or {}
    program = record.get("miniprogram") or {}
    return ProfileAttribute(
        kind=number(record, "type"),
        name=text(record, "name"),
        value=text(words, "value") or text(web, "url") or text(program, "appid"),
        title=text(web, "title") or text(program, "title"),
        page=text(program, "pagepath"),
    )
