"""Codes that lead to staff (联系我)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import TEXT_BYTES, require_media
from scrm.simulator.endpoints.customers import contact_of, staff_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.endpoints.spans import midnight
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import ContactWay

MOST_STAFF, STATE_CHARS, REMARK_CHARS = 100, 30, 30
_DAY = 86_400
_LISTED_DAYS, _TEMPORARY_DAYS, _MOST_DAYS = 90, 7, 14
_NOT_ACTIVATED = 4


@post("externalcontact/add_contact_way")
def add_contact_way(corp: Corp, ask: Ask) -> Answer:
    kind, scene = _choice(ask, "type", 41037, 41039), _choice(ask, "scene", 41038, 41040)
    if codes(corp) >= corp.settings.codes_per_corp:
        raise ApiError(41045)
    changed = _changed(corp, ask)
    _check_staff(corp, changed, kind)
    config_id = corp.new_id("").encode().hex()[:32]
    qr_code = f"https://wework.qpic.cn/wwhead/{config_id}/0" if scene == 2 else ""
    way = ContactWay(config_id, corp.clock.timestamp(), kind, scene, qr_code, **changed)
    way.is_temp = ask.flag("is_temp", default=False)
    if way.is_temp:
        _make_temporary(corp, ask, way)
    corp.keep("contact_ways", way)
    return {"config_id": config_id} | ({"qr_code": qr_code} if qr_code else {})


@post("externalcontact/get_contact_way")
def get_contact_way(corp: Corp, ask: Ask) -> Answer:
    way = _way(corp, ask)
    shown = asdict(way)
    for inner in ("created_at", "style", "is_exclusive"):
        del shown[inner]
    return {"contact_way": shown}


@post("externalcontact/list_contact_way")
def list_contact_way(corp: Corp, ask: Ask) -> Answer:
    """Ids made in a span of time, no temporary ones."""
    now = corp.clock.timestamp()
    start = ask.number("start_time", now - _LISTED_DAYS * _DAY)
    end = ask.number("end_time", now)
    if start > end:
        raise ApiError(40058, "invalid time span")
    rows = [
        (place, way.config_id)
        for place, way in enumerate(corp.contact_ways.values(), 1)
        if start <= way.created_at <= end and not way.is_temp
    ]
    chosen, cursor = cursors.page_after(
        rows, ask.text("cursor", ""), ask.limit(100, 1000), key=lambda row: row[0]
    )
    return {
        "contact_way": [{"config_id": config_id} for _place, config_id in chosen],
        "next_cursor": cursor,
    }


@post("externalcontact/update_contact_way")
def update_contact_way(corp: Corp, ask: Ask) -> Answer:
    """Everything but type and scene; staff and departments as a whole."""
    way = _way(corp, ask)
    changed = _changed(corp, ask)
    named = {"user": way.user, "party": way.party, **changed}
    _check_staff(corp, named, way.type)
    if way.is_temp:
        changed |= _lifetimes(ask)
    corp.record("edit", table="contact_ways", id=way.config_id, **changed)
    return {}


@post("externalcontact/close_temp_chat")
def close_temp_chat(corp: Corp, ask: Ask) -> Answer:
    """End a temporary session before its time; 84061 when there is none."""
    staff = staff_of(corp, ask.text("userid"))
    person = contact_of(corp, ask.text("external_userid"))
    chat = corp.temp_chat(staff.userid, person.external_userid)
    if chat is None:
        raise ApiError(84061)
    now = corp.clock.timestamp()
    corp.record("edit", table="temp_chats", id=chat.config_id, ends_at=now)
    return {}


@post("externalcontact/del_contact_way")
def del_contact_way(corp: Corp, ask: Ask) -> Answer:
    corp.record("drop", table="contact_ways", id=_way(corp, ask).config_id)
    return {}


def codes(corp: Corp) -> int:
    """What counts against the corp's 500,000 codes."""
    ways = sum(not way.is_temp for way in corp.contact_ways.values())
    return ways + len(corp.join_ways)


def numbers(ask: Ask, name: str) -> list[int]:
    """A list of whole numbers, empty when missing."""
    value = ask.data.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, int) for item in value):
        raise ApiError(40058, f"{name} should be a list of integers")
    return value


def _changed(corp: Corp, ask: Ask) -> dict[str, Any]:
    """The fields that stand in the body, checked."""
    changed: dict[str, Any] = {}
    if ask.has("style"):
        changed["style"] = ask.number("style")
        if not 1 <= changed["style"] <= 3:
            raise ApiError(41042)
    for name, most in (("remark", REMARK_CHARS), ("state", STATE_CHARS)):
        if ask.has(name):
            changed[name] = ask.text(name, "", most_chars=most)
    for name in ("skip_verify", "is_exclusive", "mark_source"):
        if ask.has(name):
            changed[name] = ask.flag(name, default=True)
    return changed | _staff_and_words(corp, ask)


def _staff_and_words(corp: Corp, ask: Ask) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if ask.has("user"):
        changed["user"] = [staff_of(corp, userid).userid for userid in ask.texts("user")]
    if ask.has("party"):
        changed["party"] = numbers(ask, "party")
    if ask.has("conclusions"):
        changed["conclusions"] = _conclusions(corp, ask.part("conclusions"))
    return changed


def _check_staff(corp: Corp, named: dict[str, Any], kind: int) -> None:
    userids, departments = named.get("user", []), named.get("party", [])
    if any(department not in corp.departments for department in departments):
        raise ApiError(60123)
    if kind == 1 and (len(userids) != 1 or departments):
        raise ApiError(40058, "type 1 needs exactly one user")
    everybody = corp.expand(userids, departments)
    if not everybody:
        raise ApiError(40058, "missing user or party")
    if len(everybody) > MOST_STAFF:
        raise ApiError(41041)
    if any(corp.staff_named(userid).status == _NOT_ACTIVATED for userid in userids):
        raise ApiError(41054)
    if any(not corp.staff_named(userid).follows for userid in userids):
        raise ApiError(84074)


def _make_temporary(corp: Corp, ask: Ask, way: ContactWay) -> None:
    if way.type != 1:
        raise ApiError(40058, "a temporary session is with one user")
    today = midnight(way.created_at)
    made = sum(one.is_temp and one.created_at >= today for one in corp.contact_ways.values())
    if made >= corp.settings.temporary_ways_per_day:
        raise ApiError(41045)
    way.expires_in, way.chat_expires_in = _TEMPORARY_DAYS * _DAY, _DAY
    for name, seconds in _lifetimes(ask).items():
        setattr(way, name, seconds)
    way.unionid = ask.text("unionid", "")


def _lifetimes(ask: Ask) -> dict[str, int]:
    """How long the code and the session last, as far as it is said."""
    said = {n: ask.number(n) for n in ("expires_in", "chat_expires_in") if ask.has(n)}
    if any(not 0 < seconds <= _MOST_DAYS * _DAY for seconds in said.values()):
        raise ApiError(40058, "expires_in exceed 14 days")
    return said


def _conclusions(corp: Corp, ask: Ask) -> dict[str, Any]:
    """Closing words as they are shown again: pictures by address instead of media_id."""
    if len(ask.part("text").text("content", "").encode()) > TEXT_BYTES:
        raise ApiError(45002)
    if sum(ask.has(kind) for kind in ("image", "link", "miniprogram")) > 1:
        raise ApiError(40058, "one attachment at most")
    shown = {name: dict(ask.part(name).data) for name in ask.data}
    if ask.has("image"):
        media_id = ask.part("image").text("media_id")
        require_media(corp, media_id)
        shown["image"] = {"pic_url": f"https://wework.qpic.cn/wwpic3az/{media_id}/0"}
    return shown


def _choice(ask: Ask, name: str, missing: int, invalid: int) -> int:
    if not ask.has(name):
        raise ApiError(missing)
    if ask.number(name) not in (1, 2):
        raise ApiError(invalid)
    return ask.number(name)


def _way(corp: Corp, ask: Ask) -> ContactWay:
    if not ask.has("config_id"):
        raise ApiError(41043)
    way = corp.contact_ways.get(ask.text("config_id"))
    if way is None:
        raise ApiError(41044)
    return way
