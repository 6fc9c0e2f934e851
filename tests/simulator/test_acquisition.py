"""Links as people use them: messages told of, uses bought and run out, codes for one talk."""

from datetime import timedelta

import pytest

from scrm.simulator.errors import Impossible

AREA = "externalcontact/customer_acquisition"
CHAT, QUOTA = f"{AREA}/get_chat_info", "externalcontact/customer_acquisition_quota"
DAY = timedelta(days=1)
SESSION = {"type": 1, "scene": 2, "user": ["wangfang"], "is_temp": True}


@pytest.fixture
def link(state, api):
    """A link to Wang Fang; events are held back."""
    state.callbacks.mode, state.callbacks.url = "hold", "http://127.0.0.1:9/"
    body = {"link_name": "抖音", "range": {"user_list": ["wangfang"]}}
    return api.post(f"{AREA}/create_link", body)["link"]["link_id"]


def _told(state):
    names = [name.partition("/")[2] for name in state.callbacks.held()]
    state.callbacks._held.clear()
    return names


def test_the_third_fifth_and_tenth_message_are_told_with_a_key(state, api, link):
    state.use_link(link, state.add_contact("wm-new"), channel="ad1")
    for _message in range(11):
        state.reply("wangfang", "wm-new")
    assert _told(state) == ["customer_start_chat", *["message_from_customer"] * 3]
    chats = [api.post(CHAT, {"chat_key": key}) for key in state.chat_keys]
    assert [chat["chat_info"]["recv_msg_cnt"] for chat in chats] == [3, 5, 10]
    assert chats[0]["chat_info"] == {"recv_msg_cnt": 3, "link_id": link, "state": "ad1"}
    assert (chats[0]["userid"], chats[0]["external_userid"]) == ("wangfang", "wm-new")


def test_a_key_lives_half_an_hour(state, api, link):
    state.use_link(link, state.add_contact("wm-new"))
    for _message in range(3):
        state.reply("wangfang", "wm-new")
    [key] = state.chat_keys
    state.clock.advance(timedelta(minutes=31))
    assert api.post(CHAT, {"chat_key": key})["errcode"] == 40058
    assert api.post(CHAT, {"chat_key": "none"})["errcode"] == 40058
    assert api.post(CHAT)["errcode"] == 40058


def test_bought_uses_are_used_first_and_end(state, api, link):
    state.record("settings", acquisition_uses=2)
    state.buy_uses(3, days=10, callback=True)
    assert _told(state) == ["balance_increased"]
    state.use_link(link, state.add_contact())
    quota = api.get(QUOTA)
    assert (quota["total"], quota["balance"]) == (5, 4)
    assert [part["balance"] for part in quota["quota_list"]] == [2, 2]
    state.clock.advance(11 * DAY)
    api.log_in()
    quota = api.get(QUOTA)
    assert (quota["total"], quota["balance"]) == (2, 2)
    assert [part["balance"] for part in quota["quota_list"]] == [2]


def test_the_end_of_bought_uses_is_told_five_times(state, link):
    state.buy_uses(320, days=30)
    [line] = state.quota_lines.values()
    state.clock.advance(15 * DAY)
    assert _told(state) == []
    state.clock.advance(2 * DAY)
    assert _told(state) == ["quota_expire_soon"]
    state.clock.advance(14 * DAY)
    letters = state.callbacks._held
    assert [letter.timestamp for letter in letters] == [
        line.expires_at - days * 86_400 for days in (7, 3, 2, 1)
    ]
    assert "<ExpireQuotaNum>320</ExpireQuotaNum>" in letters[0].plaintext


def test_links_used_up_bring_nobody(state, link):
    state.record("settings", acquisition_uses=1)
    state.use_link(link, state.add_contact(), callback=True)
    assert _told(state)[-1] == "balance_exhausted"
    with pytest.raises(Impossible, match="no uses"):
        state.use_link(link, state.add_contact())


def test_what_people_do_to_links_by_hand_is_told(state, api, link):
    state.remove_staff("wangfang", callback=True)
    assert _told(state) == ["link_unavailable"]
    state.remove_link(link, callback=True)
    assert _told(state) == ["delete_link"]
    assert api.post(f"{AREA}/get", {"link_id": link})["errcode"] == 40058


def _temporary(api, **more):
    return api.post("externalcontact/add_contact_way", {**SESSION, **more})["config_id"]


def test_a_temporary_code_is_good_for_one_talk(state, api):
    config_id = _temporary(api, unionid="oz2")
    with pytest.raises(Impossible, match="somebody else"):
        state.scan_contact_way(config_id, "wmA1")
    stranger = state.add_contact("wm-new", unionid="oz2")
    assert state.scan_contact_way(config_id, stranger) == "wangfang"
    assert state.active_follow("wangfang", stranger) is None
    with pytest.raises(Impossible, match="used or over"):
        state.scan_contact_way(config_id, stranger)
    pair = {"userid": "wangfang", "external_userid": stranger}
    assert api.post("externalcontact/close_temp_chat", pair)["errcode"] == 0
    assert api.post("externalcontact/close_temp_chat", pair)["errcode"] == 84061


def test_temporary_codes_and_talks_end(state, api):
    config_id = _temporary(api, expires_in=3600, chat_expires_in=600)
    update = {"config_id": config_id, "expires_in": 7200}
    assert api.post("externalcontact/update_contact_way", update)["errcode"] == 0
    assert state.contact_ways[config_id].expires_in == 7200
    state.scan_contact_way(config_id, state.add_contact("wm-new"))
    assert state.temp_chat("wangfang", "wm-new")
    state.clock.advance(timedelta(minutes=11))
    assert state.temp_chat("wangfang", "wm-new") is None
    late = _temporary(api, expires_in=60)
    state.clock.advance(timedelta(minutes=2))
    with pytest.raises(Impossible, match="over"):
        state.scan_contact_way(late, "wmA1")


def test_temporary_codes_have_a_number_for_each_day(state, api):
    state.record("settings", temporary_ways_per_day=1)
    _temporary(api)
    path = "externalcontact/add_contact_way"
    assert api.post(path, SESSION)["errcode"] == 41045
    assert api.post(path, {**SESSION, "is_temp": False})["errcode"] == 0
    state.clock.advance(DAY)
    api.log_in()
    assert api.post(path, SESSION)["errcode"] == 0
