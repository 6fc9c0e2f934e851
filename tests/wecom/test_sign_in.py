"""Who opened a page, and what a page may do; captured bodies and the vendor's vector."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from scrm import wecom
from scrm.wecom import jssdk
from tests.simulator.shapes import assert_like
from tests.wecom.captured import PAYLOADS, captured

PAGE = "https://scrm.example.com/sidebar/?a=1"
NOW = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)


def test_a_code_names_a_staff_member_once(gateway, shop):
    code = shop.sign_in("zhangwei", private=True)
    visitor = gateway.visitor(code)
    assert (visitor.userid, visitor.openid) == ("zhangwei", "")
    with pytest.raises(wecom.LoginFailed) as used:
        gateway.visitor(code)
    assert used.value.code == 42022
    detail = gateway.staff_detail(visitor.user_ticket)
    assert (detail.userid, detail.mobile[:3]) == ("zhangwei", "138")
    shop.clock.advance(timedelta(minutes=31))
    with pytest.raises(wecom.LoginFailed):
        gateway.staff_detail(visitor.user_ticket)


def test_a_customer_is_named_while_somebody_follows_them(gateway, shop):
    visitor = gateway.visitor(shop.sign_in(external_userid="wm-xiaoyu"))
    assert (visitor.userid, visitor.external_userid) == ("", "wm-xiaoyu")
    stranger = gateway.visitor(shop.sign_in(external_userid=shop.add_contact()))
    assert stranger.openid
    assert stranger.external_userid == ""


@pytest.mark.parametrize(("minutes", "code"), [(6, 42003), (0, 40029)])
def test_an_old_or_made_up_code_names_nobody(gateway, shop, minutes, code):
    given = shop.sign_in("zhangwei") if minutes else "made-up"
    shop.clock.advance(timedelta(minutes=minutes))
    with pytest.raises(wecom.LoginFailed) as failed:
        gateway.visitor(given)
    assert failed.value.code == code


def test_the_signature_is_the_vendors():
    vector = json.loads((PAYLOADS / "crypto_vectors.json").read_text())["jssdk_signature"]
    made = jssdk.signature(
        ticket=vector["jsapi_ticket"],
        nonce=vector["noncestr"],
        timestamp=int(vector["timestamp"]),
        url=vector["url"] + "#anchor",
    )
    assert made == vector["signature"]


def test_many_pages_need_one_ticket_of_each_kind(gateway, shop):
    with ThreadPoolExecutor(6) as pool:
        corp = list(pool.map(lambda _page: gateway.corp_signature(PAGE, now=NOW), range(12)))
    app = gateway.app_signature(PAGE, now=NOW)
    assert shop.calls["get_jsapi_ticket"] == shop.calls["ticket/get"] == 1
    assert len({made.nonce for made in corp}) == 12
    assert app.timestamp == int(NOW.timestamp())
    assert app.signature != jssdk.signature(
        ticket="another", nonce=app.nonce, timestamp=app.timestamp, url=PAGE
    )


def test_corp_and_app_have_tickets_of_their_own(shop, corp_api):
    corp = corp_api.get("get_jsapi_ticket")
    app = corp_api.get("ticket/get", type="agent_config")
    assert corp["ticket"] != app["ticket"]
    assert corp_api.get("get_jsapi_ticket")["ticket"] == corp["ticket"]


def test_tickets_are_scarcer_than_other_calls(shop, corp_api):
    codes = [corp_api.get("ticket/get", type="agent_config")["errcode"] for _n in range(101)]
    assert (codes[99], codes[100]) == (0, 45009)


def test_addresses_that_lead_to_a_code():
    who = {"corp_id": "ww1", "agent_id": 1000012, "redirect_uri": PAGE, "state": "S1"}
    inside = urlsplit(wecom.authorize_url(**who, private=True))
    asked = parse_qs(inside.query)
    assert (inside.fragment, asked["scope"]) == ("wechat_redirect", ["snsapi_privateinfo"])
    assert (asked["redirect_uri"], asked["agentid"]) == ([PAGE], ["1000012"])
    browser = urlsplit(wecom.login_url(**who))
    assert parse_qs(browser.query)["login_type"] == ["CorpApp"]
    with pytest.raises(ValueError, match="state"):
        wecom.login_url(**{**who, "state": "no spaces"})


def test_wecoms_answers_about_visitors_are_read(replay):
    member = replay("15-auth/getuserinfo_member")
    assert member.gateway.visitor("c1").userid == "wangfang"
    assert (member.path, "code=c1" in member.query) == ("auth/getuserinfo", True)
    outside = replay("15-auth/getuserinfo_external").gateway.visitor("c1")
    assert outside.external_userid.startswith("wm")
    told = replay("15-auth/getuserdetail")
    assert (told.gateway.staff_detail("t1").gender, told.sent) == (2, {"user_ticket": "t1"})
    assert replay("15-auth/get_jsapi_ticket").gateway.corp_signature(PAGE, now=NOW).signature
    asked = replay("15-auth/ticket_get_agent_config")
    assert asked.gateway.app_signature(PAGE, now=NOW).signature
    assert (asked.path, "type=agent_config" in asked.query) == ("ticket/get", True)


def test_an_answer_without_a_ticket_is_unreadable(replay):
    with pytest.raises(wecom.OutcomeUnknown):
        replay().gateway.corp_signature(PAGE, now=NOW)


def test_the_simulator_answers_as_wecom_does(shop, corp_api):
    code = shop.sign_in("zhangwei", private=True)
    answer = corp_api.get("auth/getuserinfo", code=code)
    assert_like(answer, captured("15-auth/getuserinfo_member"))
    body = {"user_ticket": answer["user_ticket"]}
    answer = corp_api.post("auth/getuserdetail", body)
    assert_like(answer, captured("15-auth/getuserdetail"))
    code = shop.sign_in(external_userid="wm-xiaoyu")
    answer = corp_api.get("auth/getuserinfo", code=code)
    assert_like(answer, captured("15-auth/getuserinfo_external"))
    assert_like(corp_api.get("get_jsapi_ticket"), captured("15-auth/get_jsapi_ticket"))
    answer = corp_api.get("ticket/get", type="agent_config")
    assert_like(answer, captured("15-auth/ticket_get_agent_config"))
