"""What other apps and administrators of the corp do beside us."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scrm.simulator.errors import Impossible

WELCOME = "externalcontact/send_welcome_msg"
TEMPLATE = "externalcontact/group_welcome_template"


@pytest.fixture
def code(state):
    state.add_contact("wmC3", "小满")
    return state.follow("wangfang", "wmC3", welcome=True)


def _send(api, code):
    return api.post(WELCOME, {"welcome_code": code, "text": {"content": "您好"}})["errcode"]


def test_another_app_that_gives_up_leaves_the_welcome_to_us(state, api, code):
    state.contest_welcome(code, seconds=2)
    assert _send(api, code) == 41096
    state.clock.advance(timedelta(seconds=3))
    assert _send(api, code) == 0
    assert _send(api, code) == 41051


def test_another_app_that_was_first_keeps_the_welcome(state, api, code):
    state.contest_welcome(code, seconds=2, wins=True)
    assert _send(api, code) == 41096
    state.clock.advance(timedelta(seconds=3))
    assert _send(api, code) == 41051
    assert state.ledger() == []
    with pytest.raises(Impossible):
        state.contest_welcome("made-up")


def test_a_contested_welcome_dies_after_twenty_seconds_all_the_same(state, api, code):
    state.contest_welcome(code, seconds=30)
    state.clock.advance(timedelta(seconds=31))
    assert _send(api, code) == 41050


def test_what_staff_send_by_hand_counts_against_the_same_quota(state, api, send):
    state.settings.quota_policy = "1_per_day"
    msgid = state.send_by_hand("wangfang", ["wmA1"], "明天店里盘点")
    span = {"start_time": state.clock.timestamp() - 60, "end_time": state.clock.timestamp()}
    path, asked = "externalcontact/get_groupmsg_list_v2", {"chat_type": "single", **span}
    [listed] = api.post(path, asked)["group_msg_list"]
    assert (listed["msgid"], listed["creator"], listed["create_type"]) == (msgid, "wangfang", 1)
    ours = send("wmA1", "wmB2")
    state.confirm(ours)
    body = {"msgid": ours, "userid": "wangfang"}
    rows = api.post("externalcontact/get_groupmsg_send_result", body)["send_list"]
    assert {row["external_userid"]: row["status"] for row in rows} == {"wmA1": 3, "wmB2": 1}
    assert len(api.post(path, {**asked, "filter_type": 0})["group_msg_list"]) == 1
    with pytest.raises(Impossible):
        state.send_by_hand("LiNa", ["wmB2"], "不认识")


def test_a_group_welcome_of_others_is_read_but_not_changed(state, api):
    body = {"template_id": state.add_foreign_group_welcome("欢迎%NICKNAME%")}
    assert api.post(f"{TEMPLATE}/get", body)["text"] == {"content": "欢迎%NICKNAME%"}
    edited = api.post(f"{TEMPLATE}/edit", {**body, "text": {"content": "欢迎"}})
    assert edited["errcode"] == 41058
    assert api.post(f"{TEMPLATE}/del", body)["errcode"] == 41058


def test_a_group_welcome_is_made_for_our_app(api, state):
    body = {"text": {"content": "欢迎"}, "agentid": state.identity.agent_id}
    assert api.post(f"{TEMPLATE}/add", body)["errcode"] == 0
    assert api.post(f"{TEMPLATE}/add", {**body, "agentid": 7})["errcode"] == 40056


def test_a_word_rule_of_others_is_read_but_not_changed(state, api):
    rule_id = state.add_foreign_word_rule("禁词", ["返现"], "LiNa")
    body = {"rule_id": rule_id}
    assert api.post("externalcontact/get_intercept_rule", body)["rule"]["word_list"] == ["返现"]
    assert api.post("externalcontact/update_intercept_rule", body)["errcode"] == 60011
    assert api.post("externalcontact/del_intercept_rule", body)["errcode"] == 60011
