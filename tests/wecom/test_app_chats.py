"""Chats of staff that the app makes; captured bodies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

HELLO = wecom.AppMessage.text("晚上八点复盘")


@pytest.fixture
def chat(gateway, shop):
    """The id of a chat of Zhang Wei and Wang Fang."""
    return gateway.create_app_chat(
        userids=["ZhangWei", "wangfang"], name="活动群", owner="wangfang", chatid="war-room-01"
    )


def test_a_chat_is_made_changed_and_written_into(gateway, shop, chat):
    assert gateway.app_chat(chat) == wecom.AppChat(
        chatid="war-room-01", name="活动群", owner="wangfang", userids=("zhangwei", "wangfang")
    )
    shop.add_staff("lina", "李娜")
    gateway.change_app_chat(chat, owner="zhangwei", joining=["lina"], leaving=["wangfang"])
    changed = gateway.app_chat(chat)
    assert (changed.name, changed.owner) == ("活动群", "zhangwei")
    assert changed.userids == ("zhangwei", "lina")
    gateway.send_to_app_chat(chat, HELLO, mentioned=["lina"])
    [message] = shop.app_messages.values()
    assert message.delivered == ["zhangwei", "lina"]
    assert message.content == {"content": "晚上八点复盘", "mentioned_list": ["lina"]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"userlist": ["zhangwei"]}, 40031),
        ({"userlist": ["zhangwei", "nobody"]}, 40003),
        ({"userlist": ["zhangwei", "wangfang"], "owner": "lina"}, 40003),
        ({"userlist": ["zhangwei", "wangfang"], "chatid": "x" * 33}, 40058),
        ({"userlist": ["zhangwei", "wangfang"], "chatid": "war-room-01"}, 40058),
        ({"userlist": ["zhangwei", "wangfang"]}, 0),
    ],
)
def test_a_chat_needs_two_colleagues(shop, chat, corp_api, body, code):
    shop.add_staff("lina", "李娜")
    assert corp_api.post("appchat/create", body)["errcode"] == code


def test_a_chat_of_others_cannot_be_written_into(gateway, shop):
    with pytest.raises(wecom.BadRequest):
        gateway.send_to_app_chat("wrCustomers", HELLO)


def test_a_thousand_chats_a_day_are_enough(corp_api, shop):
    body = {"userlist": ["zhangwei", "wangfang"]}
    codes = [corp_api.post("appchat/create", body)["errcode"] for _chat in range(1001)]
    assert (set(codes[:-1]), codes[-1]) == ({0}, 45009)
    shop.clock.advance(timedelta(days=1, seconds=1))
    assert corp_api.log_in().post("appchat/create", body)["errcode"] == 0


def test_a_thousand_changes_an_hour_are_enough(corp_api, chat):
    body = {"chatid": chat, "name": "复盘"}
    codes = [corp_api.post("appchat/update", body)["errcode"] for _change in range(1001)]
    assert (set(codes[:-1]), codes[-1]) == ({0}, 45009)


def test_more_than_two_hundred_a_minute_are_dropped_without_a_word(corp_api, shop, chat):
    body = {"chatid": chat, "msgtype": "text", "text": {"content": "复盘"}}
    assert {corp_api.post("appchat/send", body)["errcode"] for _message in range(203)} == {0}
    assert sum("wangfang" in message.delivered for message in shop.app_messages.values()) == 200


def test_chats_are_made_and_written_into_as_wecom_wants_it(replay):
    told = replay("14-message/appchat_create")
    made = told.gateway.create_app_chat(userids=["a", "b"], chatid="scrm-war-room-01")
    assert made == "scrm-war-room-01"
    assert told.sent == {"userlist": ["a", "b"], "chatid": "scrm-war-room-01"}
    request = captured("14-message/appchat_send_request")
    told = replay()
    told.gateway.send_to_app_chat(made, HELLO, mentioned=request["text"]["mentioned_list"])
    assert told.path == "appchat/send"
    assert told.sent == {key: value for key, value in request.items() if key != "safe"}


def test_the_simulator_answers_as_wecom_does(shop, corp_api):
    asked = {"chatid": "scrm-war-room-01", "userlist": ["zhangwei", "wangfang"]}
    answer = corp_api.post("appchat/create", asked)
    assert_like(answer, captured("14-message/appchat_create"))
    request = captured("14-message/appchat_send_request")
    assert corp_api.post("appchat/send", request)["errcode"] == 0
