"""Acquisition links: made, opened, used up; and captured bodies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

AREA = "externalcontact/customer_acquisition"
SEPTEMBER = wecom.LinkDraft("抖音九月投放", userids=("zhangwei",), department_ids=(2,))


def test_who_comes_by_a_link_is_known_with_channel_and_words(gateway, shop):
    link = gateway.create_link(SEPTEMBER)
    for person in ("wm-a", "wm-b"):
        shop.use_link(link.link_id, shop.add_contact(person), channel=f"ad-{person}")
    shop.open_link(link.link_id)
    [follow] = shop.followers_of("wm-a")
    shop.reply(follow.userid, "wm-a")
    found = {
        c.external_userid: (c.state, c.chat_status) for c in gateway.link_customers(link.link_id)
    }
    assert found == {"wm-a": ("ad-wm-a", 1), "wm-b": ("ad-wm-b", 0)}
    assert gateway.contact("wm-a").follows[0].add_way == 16
    today = shop.clock.now().date()
    figures = gateway.link_statistic(link.link_id, start=today, end=today)
    assert (figures.opened, figures.added) == (3, 2)
    past = today - timedelta(days=3)
    assert gateway.link_statistic(link.link_id, start=past, end=past).added == 0


def test_a_link_is_changed_and_deleted(gateway, shop):
    link = gateway.create_link(SEPTEMBER)
    draft = replace(SEPTEMBER, name="十月", userids=("wangfang",), priority=("wangfang",))
    gateway.update_link(link.link_id, draft)
    detail = gateway.link(link.link_id)
    assert detail.draft == draft
    assert (detail.link.name, detail.link.url) == ("十月", link.url)
    assert list(gateway.link_ids()) == [link.link_id]
    gateway.delete_link(link.link_id)
    assert list(gateway.link_ids()) == []
    with pytest.raises(wecom.BadRequest):
        gateway.link(link.link_id)


def test_a_link_that_nobody_is_preferred_by_says_so(gateway, shop):
    for priority in (None, ()):
        made = gateway.create_link(replace(SEPTEMBER, priority=priority))
        assert gateway.link(made.link_id).draft.priority == priority


def test_the_quota_falls_with_each_customer(gateway, shop):
    shop.record("settings", acquisition_uses=2, links_per_corp=1)
    link = gateway.create_link(SEPTEMBER)
    shop.use_link(link.link_id, shop.add_contact())
    quota = gateway.acquisition_quota()
    assert (quota.total, quota.balance, sum(p.balance for p in quota.parts)) == (2, 1, 1)
    with pytest.raises(wecom.QuotaExhausted) as full:
        gateway.create_link(SEPTEMBER)
    assert full.value.code == 41095


def test_statistics_reach_half_a_year_back_and_over_a_month(gateway, shop):
    link, today = gateway.create_link(SEPTEMBER), shop.clock.now().date()
    before = today - timedelta(days=181)
    with pytest.raises(wecom.BadRequest):
        gateway.link_statistic(link.link_id, start=before, end=before)
    with pytest.raises(ValueError, match="30 days"):
        gateway.link_statistic(link.link_id, start=today - timedelta(days=40), end=today)


def test_the_channel_of_a_link_is_cut_by_nobody(gateway, shop):
    link = gateway.create_link(SEPTEMBER)
    assert link.url_for("抖音 01") == f"{link.url}?customer_channel=%E6%8A%96%E9%9F%B3%2001"
    scheme = link.scheme_for("ad1")
    assert scheme.startswith("weixin://biz/ww/profile/https%3A%2F%2Fwork.weixin.qq.com%2Fca%2F")
    assert scheme.endswith("%3Fcustomer_channel%3Dad1")
    with pytest.raises(ValueError, match="64"):
        link.url_for("抖" * 22)


def test_links_are_asked_for_as_wecom_wants_it(replay):
    made = replay("06-contactway/acquisition_create_link")
    wanted = captured("06-contactway/acquisition_create_link_request")
    draft = wecom.LinkDraft(
        wanted["link_name"], ("wangfang", "liuyang"), (6,), priority=("wangfang",)
    )
    link = made.gateway.create_link(draft)
    assert (link.link_id, link.name) == ("caw655214785f85685", "抖音九月投放")
    assert made.path == f"{AREA}/create_link"
    assert {**made.sent, "mark_source": True} == wanted


def test_wecoms_answers_about_links_are_read(replay, shop):
    detail = replay("06-contactway/acquisition_get").gateway.link("caw1")
    assert (detail.draft.userids, detail.draft.priority) == (("wangfang", "liuyang"), ("wangfang",))
    came = list(replay("06-contactway/acquisition_customer").gateway.link_customers("caw1"))
    assert [c.chat_status for c in came] == [1, 0, 2]
    assert len(list(replay("06-contactway/acquisition_list_link").gateway.link_ids())) == 2
    quota = replay("06-contactway/acquisition_quota").gateway.acquisition_quota()
    assert (quota.balance, [part.balance for part in quota.parts]) == (1320, [320, 1000])
    today, told = shop.clock.now().date(), replay("06-contactway/acquisition_statistic")
    figures = told.gateway.link_statistic("caw1", start=today, end=today)
    assert (figures.opened, figures.added) == (268, 93)


def test_the_simulator_answers_as_wecom_does(shop, corp_api):
    body = {"link_name": "a", "range": {"user_list": ["zhangwei"]}}
    body["priority_option"] = {"priority_type": 2, "priority_userid_list": ["zhangwei"]}
    made = corp_api.post(f"{AREA}/create_link", body)
    assert_like(made, captured("06-contactway/acquisition_create_link"))
    which = {"link_id": made["link"]["link_id"]}
    shop.use_link(which["link_id"], shop.add_contact())
    answer = corp_api.post(f"{AREA}/get", which)
    assert_like(answer, captured("06-contactway/acquisition_get"))
    answer = corp_api.post(f"{AREA}/customer", which)
    assert_like(answer, captured("06-contactway/acquisition_customer"))
    answer = corp_api.post(f"{AREA}/list_link")
    assert_like(answer, captured("06-contactway/acquisition_list_link"))
    now = shop.clock.timestamp()
    answer = corp_api.post(f"{AREA}/statistic", {**which, "start_time": now, "end_time": now})
    assert_like(answer, captured("06-contactway/acquisition_statistic"))
    answer = corp_api.get("externalcontact/customer_acquisition_quota")
    assert_like(answer, captured("06-contactway/acquisition_quota"))


def test_a_chat_key_tells_how_far_a_chat_has_come(gateway, shop):
    link = gateway.create_link(replace(SEPTEMBER, mark_source=False))
    assert gateway.link(link.link_id).draft.mark_source is False
    userid = shop.use_link(link.link_id, shop.add_contact("wm-a"), channel="ad-7")
    for _message in range(3):
        shop.reply(userid, "wm-a")
    [key] = shop.chat_keys
    found = gateway.link_chat(key)
    assert found == wecom.LinkChat(userid, "wm-a", 3, link.link_id, "ad-7")
    shop.clock.advance(timedelta(minutes=31))
    with pytest.raises(wecom.BadRequest):
        gateway.link_chat(key)


def test_bought_uses_stand_in_the_quota_by_their_end(gateway, shop):
    shop.record("settings", acquisition_uses=10)
    shop.buy_uses(5, days=30)
    quota = gateway.acquisition_quota()
    assert (quota.total, quota.balance) == (15, 15)
    assert [part.balance for part in quota.parts] == [5, 10]
    assert quota.parts[0].expires_at < quota.parts[1].expires_at


def test_more_preferred_staff_than_wecom_takes_is_the_callers_mistake(gateway):
    with pytest.raises(ValueError, match="1000"):
        gateway.create_link(replace(SEPTEMBER, priority=("x",) * 1001))
