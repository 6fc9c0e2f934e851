"""Codes and links as people meet them: checks, events, memory."""

import pytest

from scrm.simulator.errors import Impossible

WAY, JOIN = "externalcontact/add_contact_way", "externalcontact/groupchat/add_join_way"
ONE = {"type": 1, "scene": 2, "user": ["wangfang"]}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"type": None}, 41037),
        ({"scene": None}, 41038),
        ({"type": 3}, 41039),
        ({"scene": 9}, 41040),
        ({"style": 7}, 41042),
        ({"user": ["nobody"]}, 40003),
        ({"user": []}, 40058),
        ({"party": [5]}, 40058),
        ({"type": 2, "party": [99]}, 60123),
        ({"state": "x" * 31}, 40058),
        ({"remark": "x" * 31}, 40058),
        ({"is_temp": True, "expires_in": 15 * 86_400}, 40058),
        ({"conclusions": {"image": {"media_id": "none"}}}, 40007),
        ({"is_temp": True, "unionid": "oz9"}, 0),
    ],
)
def test_a_contact_way_is_checked(api, changed, code):
    body = {key: value for key, value in {**ONE, **changed}.items() if value is not None}
    assert api.post(WAY, body)["errcode"] == code


def test_a_contact_way_without_its_id_cannot_be_found(api):
    assert api.post("externalcontact/get_contact_way")["errcode"] == 41043
    assert api.post("externalcontact/del_contact_way", {"config_id": "x"})["errcode"] == 41044


def test_a_join_way_is_checked(api, state):
    chat = state.add_group(owner="wangfang")
    good = {"scene": 2, "chat_id_list": [chat], "remark": "字" * 40}
    config_id = api.post(JOIN, good)["config_id"]
    assert len(state.join_ways[config_id].remark) == 30
    assert api.post(JOIN, {**good, "chat_id_list": list("abcdef")})["errcode"] == 41091
    assert api.post(JOIN, {**good, "chat_id_list": ["wr-none"]})["errcode"] == 40058
    assert api.post(JOIN, {**good, "scene": None})["errcode"] == 41038


def test_an_exclusive_code_leads_back_to_the_same_person(api, state):
    body = {"type": 2, "scene": 2, "party": [2], "is_exclusive": True}
    config_id = api.post(WAY, body)["config_id"]
    with pytest.raises(Impossible, match="connected already"):
        state.scan_contact_way(config_id, "wmB2")  # whom Wang Fang knows
    assert state.scan_contact_way(config_id, state.add_contact()) in ("wangfang", "LiNa")


def test_a_dead_code_leads_nowhere(state):
    for act in (state.scan_contact_way, state.scan_join_way, state.use_link):
        with pytest.raises(Impossible):
            act("none", "wmA1")


def test_first_words_by_a_link_are_told_later_ones_not(api, state):
    state.callbacks.mode, state.callbacks.url = "hold", "http://127.0.0.1:9/"
    area = "externalcontact/customer_acquisition/create_link"
    body = {"link_name": "a", "range": {"user_list": ["wangfang"]}}
    link = api.post(area, body)["link"]["link_id"]
    state.record("settings", acquisition_uses=20)
    state.use_link(link, state.add_contact("wm-new"), callback=True)
    state.reply("wangfang", "wm-new")
    state.reply("wangfang", "wm-new")
    names = [name for name in state.callbacks.held() if name.startswith("customer_acq")]
    assert names == [
        "customer_acquisition/friend_request",
        "customer_acquisition/balance_low",
        "customer_acquisition/customer_start_chat",
    ]
