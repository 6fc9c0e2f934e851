from datetime import timedelta

import pytest

SEND = "externalcontact/send_welcome_msg"


@pytest.fixture
def code(state):
    state.add_contact("wmC3", "小满")
    return state.follow("wangfang", "wmC3", welcome=True)


def _send(api, code, text="您好"):
    return api.post(SEND, {"welcome_code": code, "text": {"content": text}})["errcode"]


def test_a_welcome_is_delivered_once(state, api, code):
    assert _send(api, code) == 0
    assert _send(api, code) == 41051
    (message,) = state.ledger()
    assert (message.external_userid, message.text, message.msgid) == ("wmC3", "您好", "")


def test_a_code_dies_after_twenty_seconds_whatever_the_speed_of_time(state, api, code):
    state.clock.speed = 3600
    assert _send(api, code) == 0
    other = state.follow("LiNa", "wmC3", welcome=True)
    state.clock.advance(timedelta(seconds=21))
    assert _send(api, other) == 41050


def test_a_customer_who_wrote_first_gets_no_welcome(state, api, code):
    state.reply("wangfang", "wmC3")
    assert _send(api, code) == 41051


def test_wrong_codes_and_empty_messages_are_refused(api, code):
    assert api.post(SEND, {"text": {"content": "a"}})["errcode"] == 41049
    assert _send(api, "guess") == 41050
    assert _send(api, code, text="") == 40058
    assert _send(api, code, text="茶" * 1334) == 45002
