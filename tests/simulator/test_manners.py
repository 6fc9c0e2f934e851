"""The ways of WeCom's addresses that belong to no single API."""

from __future__ import annotations

import http.client
from datetime import timedelta
from email.utils import parsedate_to_datetime
from time import time

import pytest

from scrm.simulator.server import Server

MARK = "externalcontact/get_corp_tag_list"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"a": "茶"}', 0),
        (r'{"a": "\u8336"}', 40033),
        (r'{"a": "\\\u8336"}', 40033),
        (r'{"a": "C:\\u8336"}', 0),
        (r'{"a": "two\nlines"}', 0),
        ('{"a": ', 40058),
        ("[]", 40063),
    ],
)
def test_bodies_are_utf8_as_it_is(api, body, code):
    assert api.request("POST", MARK, body=body.encode())["errcode"] == code


def test_a_debugging_call_is_allowed_five_times_a_minute(state, api):
    codes = [api.get("getcallbackip", debug=1)["errcode"] for _call in range(6)]
    assert codes == [0, 0, 0, 0, 0, 45009]
    assert api.get("getcallbackip")["errcode"] == 0
    state.clock.advance(timedelta(seconds=61))
    assert api.get("getcallbackip", debug=1)["errcode"] == 0


def test_signing_in_is_not_counted(state, api):
    state.settings.calls_per_minute = 1
    codes = [state.sign_in("wangfang") for _person in range(3)]
    assert [api.get("auth/getuserinfo", code=code)["errcode"] for code in codes] == [0, 0, 0]


@pytest.mark.parametrize("skew", [0, -3600])
def test_answers_are_dated_by_this_machines_clock(state, skew):
    state.clock.advance(timedelta(days=-100))
    state.record("settings", date_skew_seconds=float(skew))
    with Server(state) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/cgi-bin/gettoken")
        told = connection.getresponse().headers["Date"]
        connection.close()
    assert abs(parsedate_to_datetime(told).timestamp() - time() - skew) < 5


def test_the_older_address_for_visitors_has_older_keys(state, api):
    answer = api.get("user/getuserinfo", code=state.sign_in("wangfang"))
    assert {key: answer[key] for key in ("UserId", "DeviceId")} == {
        "UserId": "wangfang",
        "DeviceId": "",
    }
    answer = api.get("user/getuserinfo", code=state.sign_in(external_userid="wmA1"))
    assert (answer["OpenId"], answer["external_userid"]) == ("oA1", "wmA1")
    assert api.get("user/getuserinfo", code="made-up")["errcode"] == 40029
