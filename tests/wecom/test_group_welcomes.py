"""Welcome messages of groups; captured bodies."""

from __future__ import annotations

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

AREA = "externalcontact/group_welcome_template"
RULES = {
    "msgtype": "link",
    "link": {
        "title": "入群须知",
        "picurl": "https://wework.qpic.cn/wwpic3az/rules/0",
        "desc": "茶友公约与福利日历",
        "url": "https://mall.example.com/rules",
    },
}
WELCOME = wecom.GroupWelcome("欢迎%NICKNAME%加入云岭茶友群🍵", RULES)


def test_a_group_welcome_is_kept_changed_and_deleted(gateway, corp):
    template_id = gateway.add_group_welcome(WELCOME)
    assert gateway.group_welcome(template_id) == WELCOME
    gateway.edit_group_welcome(template_id, wecom.GroupWelcome("欢迎"))
    assert gateway.group_welcome(template_id) == wecom.GroupWelcome("欢迎")
    gateway.delete_group_welcome(template_id)
    with pytest.raises(wecom.BadRequest):
        gateway.group_welcome(template_id)


def test_a_picture_of_a_welcome_becomes_an_address(gateway, corp):
    made = gateway.upload_media(kind="image", filename="a.png", content=b"\x89PNG picture")
    picture = {"msgtype": "image", "image": {"media_id": made.media_id}}
    template_id = gateway.add_group_welcome(wecom.GroupWelcome(attachment=picture))
    kept = gateway.group_welcome(template_id).attachment
    assert kept["image"]["pic_url"].startswith("https://")


def test_a_corp_has_a_hundred_group_welcomes(gateway, corp):
    for number in range(100):
        gateway.add_group_welcome(wecom.GroupWelcome(f"欢迎{number}"))
    with pytest.raises(wecom.QuotaExhausted) as full:
        gateway.add_group_welcome(WELCOME)
    assert full.value.code == 41055


def test_a_welcome_longer_than_wecom_takes_is_the_callers_mistake(gateway):
    with pytest.raises(ValueError, match="3000"):
        gateway.add_group_welcome(wecom.GroupWelcome("字" * 1001))


def test_group_welcomes_are_asked_for_and_read_as_wecom_has_them(replay):
    made = replay("08-welcome/group_welcome_template_add")
    assert made.gateway.add_group_welcome(WELCOME).startswith("msg")
    assert made.path == f"{AREA}/add"
    assert made.sent == captured("08-welcome/group_welcome_template_add_request")
    every_kind = replay("08-welcome/group_welcome_template_get").gateway.group_welcome("msg1")
    assert (every_kind.text, every_kind.attachment["msgtype"]) == (WELCOME.text, "image")


def test_the_simulator_answers_as_wecom_does(corp_api):
    body = captured("08-welcome/group_welcome_template_add_request")
    made = corp_api.post(f"{AREA}/add", body)
    assert_like(made, captured("08-welcome/group_welcome_template_add"))
    answer = corp_api.post(f"{AREA}/get", {"template_id": made["template_id"]})
    shown = captured("08-welcome/group_welcome_template_get")
    for kind in ("image", "miniprogram", "file", "video"):  # a real one has one kind
        del shown[kind]
    assert_like(answer, shown)
