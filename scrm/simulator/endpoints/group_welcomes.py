"""Welcome messages of groups (入群欢迎语素材)."""

from __future__ import annotations

from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import GROUP_WELCOME_CHECKS
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import GroupWelcome

TEXT_BYTES, MOST_TEMPLATES = 3000, 100
_PREFERRED = ("image", "link", "miniprogram", "file", "video")


@post("externalcontact/group_welcome_template/add")
def add(corp: Corp, ask: Ask) -> Answer:
    _check_agent(corp, ask)
    ask.number("notify", 1)
    if len(corp.group_welcomes) >= MOST_TEMPLATES:
        raise ApiError(41055)
    text, parts = _content(corp, ask)
    template_id = corp.new_id("msg", 29)
    now = corp.clock.timestamp()
    corp.keep("group_welcomes", GroupWelcome(template_id, now, text, parts))
    return {"template_id": template_id}


@post("externalcontact/group_welcome_template/edit")
def edit(corp: Corp, ask: Ask) -> Answer:
    template = _own(corp, ask)
    text, parts = _content(corp, ask)
    corp.record("edit", table="group_welcomes", id=template.template_id, text=text, parts=parts)
    return {}


@post("externalcontact/group_welcome_template/get")
def get_template(corp: Corp, ask: Ask) -> Answer:
    template = _template(corp, ask)
    answer: Answer = {"text": {"content": template.text}} if template.text else {}
    return answer | template.parts


@post("externalcontact/group_welcome_template/del")
def delete(corp: Corp, ask: Ask) -> Answer:
    corp.record("drop", table="group_welcomes", id=_own(corp, ask).template_id)
    return {}


def _content(corp: Corp, ask: Ask) -> tuple[str, dict[str, Any]]:
    """The text, and of several attachments the one that WeCom prefers."""
    text = ask.part("text").text("content", "")
    if len(text.encode()) > TEXT_BYTES:
        raise ApiError(45002)
    kind = next((kind for kind in _PREFERRED if ask.has(kind)), "")
    if not text and not kind:
        raise ApiError(40058, "missing text and attachment")
    if not kind:
        return text, {}
    part = GROUP_WELCOME_CHECKS[kind](corp, ask.part(kind))
    if kind == "miniprogram":
        part["pic_media_id"] = ask.part(kind).text("pic_media_id")
    if kind == "image" and "media_id" in part:
        part = {"pic_url": f"https://wework.qpic.cn/wwpic3az/{part['media_id']}/0"}
    return text, {kind: part}


def _own(corp: Corp, ask: Ask) -> GroupWelcome:
    """Templates of others can be read, not changed."""
    _check_agent(corp, ask)
    template = _template(corp, ask)
    if template.is_foreign:
        raise ApiError(41058)
    return template


def _check_agent(corp: Corp, ask: Ask) -> None:
    if ask.has("agentid") and ask.number("agentid") != corp.identity.agent_id:
        raise ApiError(40056)


def _template(corp: Corp, ask: Ask) -> GroupWelcome:
    template = corp.group_welcomes.get(ask.text("template_id"))
    if template is None:
        raise ApiError(40058, "invalid template_id")
    return template
