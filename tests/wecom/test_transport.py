"""Did it happen? Every way a call can end, and what it costs at the other side."""

from __future__ import annotations

import logging
import socket
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from scrm import wecom
from scrm.ratelimit.limits import Window
from scrm.ratelimit.store import client
from scrm.wecom.transport import Patience, hold_times
from tests.wecom import rude as behaviour

TAGS = "externalcontact/get_corp_tag_list"
SEND = "externalcontact/add_msg_template"
PATIENT = Patience(limits=5)


@pytest.mark.parametrize(
    "behave",
    [
        behaviour.reset,
        behaviour.close,
        behaviour.stall,
        behaviour.drip_body,
        behaviour.drip_head,
        behaviour.cut_short,
        behaviour.say(b"<html>busy</html>"),
        behaviour.say(b""),
        behaviour.say(b"\xff\xfe\x00"),
        behaviour.say(b"[" * 50_000),
        behaviour.say([1, 2]),
        behaviour.say({"msgid": "without errcode"}),
        behaviour.say({"errcode": None}),
        behaviour.say({"errcode": "what"}),
        behaviour.say({"errcode": -1, "errmsg": "system busy"}),
        behaviour.say({"errcode": 0}, status="500 Oops"),
        behaviour.say({"errcode": 0}, status="502 Bad Gateway"),
        behaviour.say({"errcode": 0}, status="404 Not Found"),
        behaviour.say(b"", status="302 Found", headers="Location: http://127.0.0.1:9/\r\n"),
    ],
)
def test_without_a_readable_answer_nobody_knows_whether_it_happened(rude, transport_to, behave):
    server = rude(behave)
    transport = transport_to(server.api)
    with pytest.raises(wecom.OutcomeUnknown) as caught:
        transport.change(SEND, {"sender": "zhangwei"})
    assert not caught.value.retryable
    assert len([line for line in server.requests if SEND in line]) == 1


def test_a_mere_question_may_be_asked_again_after_silence(rude, transport_to):
    transport = transport_to(rude(behaviour.reset).api)
    with pytest.raises(wecom.OutcomeUnknown) as caught:
        transport.post(TAGS, {})
    assert caught.value.retryable


@pytest.mark.parametrize("behave", [behaviour.stall, behaviour.drip_body, behaviour.drip_head])
def test_a_call_ends_in_time_however_slowly_the_answer_drips(rude, transport_to, behave):
    transport = transport_to(rude(behave).api)
    transport.renew_token()
    started = time.monotonic()
    with pytest.raises(wecom.OutcomeUnknown):
        transport.change(SEND, {})
    assert time.monotonic() - started < 3


def test_a_connection_that_was_never_made_did_nothing(transport_to):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    transport = transport_to(f"http://127.0.0.1:{port}/cgi-bin/")
    with pytest.raises(wecom.NotConnected) as caught:
        transport.change(SEND, {})
    assert isinstance(caught.value, wecom.Refused)
    assert caught.value.retryable


def test_a_host_that_takes_no_connection_did_nothing(transport_to, rude):
    server = rude(behaviour.stall)
    transport = transport_to(server.api)
    transport.renew_token()
    server.stop()
    with pytest.raises(wecom.NotConnected):
        transport.change(SEND, {})


def test_a_server_that_speaks_no_tls_was_told_nothing(rude, transport_to):
    server = rude(behaviour.close)
    transport = transport_to(server.api.replace("http://", "https://"))
    with pytest.raises(wecom.NotConnected):
        transport.change(SEND, {})
    assert not [line for line in server.requests if SEND in line]


def test_a_token_that_never_came_means_the_call_was_not_made(corp, transport_to):
    corp.state.faults.add("gettoken", "garbage", count=None)
    with pytest.raises(wecom.NotConnected):
        transport_to(corp.api).change(SEND, {})
    assert corp.state.calls[SEND] == 0


def test_chinese_goes_over_the_wire_as_it_is(rude, transport_to):
    server = rude(behaviour.say({"errcode": 0, "errmsg": "ok"}))
    transport_to(server.api).change(SEND, {"text": {"content": "小雨您好🌧"}})
    assert "小雨您好🌧".encode() in server.bodies[-1]


def test_a_file_keeps_its_chinese_name(rude, transport_to):
    server = rude(behaviour.say({"errcode": 0, "media_id": "m"}))
    transport_to(server.api).upload(
        "media/upload", {"type": "file"}, name="茶单.pdf", content=b"%PDF"
    )
    assert 'name="media"; filename="茶单.pdf"'.encode() in server.bodies[-1]
    assert "type=file" in server.requests[-1]


class TestToken:
    def test_twenty_cold_threads_fetch_one_token(self, corp, transport_to):
        transport = transport_to(corp.api, patience=PATIENT)
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda _: transport.get("department/list"), range(20)))
        assert corp.state.calls["gettoken"] == 1
        assert corp.state.calls["department/list"] == 20
        assert corp.state.limits.peak_parallel["department/list"] <= 4

    def test_two_clients_of_one_app_share_the_token(self, corp, transport_to):
        transport_to(corp.api).get("department/list")
        transport_to(corp.api).get("department/list")
        assert corp.state.calls["gettoken"] == 1

    def test_secrets_with_the_same_beginning_do_not_share_it(self, corp, transport_to, settings):
        transport_to(corp.api).get("department/list")
        other = transport_to(corp.api, secret=settings.WECOM_SECRET + "-another")
        with pytest.raises(wecom.Misconfigured) as caught:
            other.get("department/list")
        assert caught.value.code == 40001

    def test_a_revoked_token_is_fetched_once_and_the_call_repeated_once(self, corp, transport_to):
        transport = transport_to(corp.api)
        transport.get("department/list")
        corp.state.revoke_tokens()
        transport.get("department/list")
        assert corp.state.calls["gettoken"] == 2
        assert corp.state.calls["department/list"] == 3

    def test_many_threads_with_a_revoked_token_fetch_one(self, corp, transport_to):
        transport = transport_to(corp.api, patience=PATIENT)
        transport.get("department/list")
        corp.state.revoke_tokens()
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda _: transport.get("department/list"), range(12)))
        assert corp.state.calls["gettoken"] == 2

    @pytest.mark.parametrize("code", [40014, 42001])
    def test_a_lasting_refusal_costs_two_calls_and_one_fetch(self, corp, transport_to, code):
        transport = transport_to(corp.api)
        transport.get("user/list", {"department_id": 1})
        corp.state.calls.reset()
        corp.state.faults.add(SEND, "errcode", code, count=None)
        with pytest.raises(wecom.TokenInvalid) as caught:
            transport.change(SEND, {})
        assert caught.value.code == code
        assert corp.state.calls == {SEND: 2, "gettoken": 1}

    def test_a_storm_of_refused_tokens_does_not_fetch_again_and_again(self, corp, transport_to):
        transport = transport_to(corp.api)
        corp.state.faults.add(SEND, "errcode", 40014, count=None)
        for _ in range(2):
            with pytest.raises(wecom.TokenInvalid):
                transport.change(SEND, {})
        with pytest.raises(wecom.OnHold):
            transport.change(SEND, {})
        assert corp.state.calls["gettoken"] == 2
        assert corp.state.calls[SEND] == 3

    def test_threads_that_meet_a_lasting_refusal_try_the_fresh_token_once(self, corp, transport_to):
        transport = transport_to(corp.api, patience=PATIENT)
        transport.get("department/list")
        corp.state.calls.reset()
        corp.state.faults.add(SEND, "errcode", 42001, count=None)
        with ThreadPoolExecutor(4) as pool:
            ended = list(pool.map(lambda _: _ending(transport, SEND), range(4)))
        assert set(ended) <= {"TokenInvalid", "OnHold"}
        assert corp.state.calls["gettoken"] == 1
        assert corp.state.calls[SEND] <= 5

    def test_a_wrong_secret_is_asked_for_once_and_then_remembered(self, corp, transport_to):
        transport = transport_to(corp.api, secret="wrong-secret")
        for _ in range(5):
            with pytest.raises(wecom.Misconfigured):
                transport.get("department/list")
        assert corp.state.calls["gettoken"] == 1
        with pytest.raises(wecom.Misconfigured):
            transport.renew_token()
        assert corp.state.calls["gettoken"] == 2

    def test_the_token_ends_here_before_it_ends_there(self, corp, transport_to):
        corp.state.settings.token_seconds = 100
        transport_to(corp.api).get("department/list")
        [key] = [key for key in client().keys("wecom:token:*") if key.endswith(b"}")]
        assert 80 <= client().ttl(key) <= 90

    def test_no_secret_stands_in_errors_or_logs(self, corp, transport_to, settings, caplog):
        caplog.set_level(logging.DEBUG)
        transport = transport_to(corp.api)
        transport.get("department/list")
        seen = []
        for kind, value in [("errcode", 40014), ("drop_after", 0), ("http", 500), ("slow", 1)]:
            corp.state.faults.clear()
            corp.state.faults.add(SEND, kind, value, count=None)
            with pytest.raises(wecom.WeComError) as caught:
                transport.change(SEND, {})
            seen += [*traceback.format_exception(caught.value), str(caught.value.__context__)]
        ours = [r.getMessage() for r in caplog.records if r.name.startswith("scrm")]
        text = "\n".join(seen + ours)
        [token] = corp.state.tokens
        assert token not in text
        assert settings.WECOM_SECRET not in text


class TestLimits:
    def test_one_api_over_our_limit_waits_and_then_says_how_long(self, corp, transport_to):
        transport = transport_to(corp.api, windows=(Window(60, 2),))
        transport.post(TAGS, {})
        transport.post(TAGS, {})
        with pytest.raises(wecom.RateLimited) as caught:
            transport.post(TAGS, {})
        assert 50 <= caught.value.retry_after <= 63
        assert corp.state.calls[TAGS] == 2
        transport.get("department/list")  # each API has its own

    def test_a_short_wait_is_waited(self, corp, transport_to):
        transport = transport_to(corp.api, windows=(Window(0.5, 4),), patience=PATIENT)
        for _ in range(10):
            transport.post(TAGS, {})
        assert corp.state.calls[TAGS] == 10

    def test_too_many_at_once_is_refused_before_the_call(self, corp, transport_to):
        corp.state.faults.add(TAGS, "slow", 1)
        transport = transport_to(corp.api, parallel=1, patience=Patience(limits=0.2))
        transport.renew_token()
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(lambda _: _ending(transport), range(2)))
        assert sorted(ended) == ["RateLimited", "ok"]
        assert corp.state.calls[TAGS] == 1

    def test_after_45009_the_api_is_left_alone_for_its_window(self, corp, transport_to):
        corp.state.faults.add(TAGS, "errcode", 45009)
        transport = transport_to(corp.api)
        waits = []
        for _ in range(4):
            with pytest.raises(wecom.RateLimited) as caught:
                transport.post(TAGS, {})
            assert not isinstance(caught.value, wecom.OnHold)
            waits.append(caught.value.retry_after)
        assert corp.state.calls[TAGS] == 1
        assert all(59 <= wait <= 60 for wait in waits)
        assert list(hold_times()) == [TAGS]
        transport.get("department/list")


def _ending(transport, path=TAGS):
    try:
        transport.post(path, {})
    except wecom.WeComError as error:
        return type(error).__name__
    return "ok"
