"""A ready journey is put into force, a customer comes, seven days pass, the page tells of them."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from broadcasts.models import JourneyRun
from contacts.models import Follow
from scrm.wecom.callback import drain
from scrm.wecom.models import CallbackEvent
from tests.broadcasts.test_journey_weeks import live_on
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def shop(corp, transactional_db):
    """One staff member who has no customers yet."""
    corp.state.add_staff("wangfang", "王芳")
    call_command("sync", "--full")
    return corp


def test_a_new_friend_goes_through_her_first_week(page, live_console, shop):
    page.goto(f"{live_console}/journeys/")
    page.get_by_role("link", name="新好友第一周").click()
    page.get_by_role("button", name="开始编辑").click()
    page.wait_for_url(re.compile(r"/journeys/\d+/edit/"))
    expect(page.locator(".flow")).to_contain_text("客户添加成员为好友")
    page.locator("#hello-text").fill("您好，我是王芳，有问题随时找我。")
    expect(page.locator("#journey-beside")).to_contain_text("您好，我是王芳")
    page.get_by_role("button", name="检查并发布").click()
    page.wait_for_url(re.compile(r"/publish/$"))
    page.get_by_role("button", name="发布", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("确")).click()
    page.wait_for_url(re.compile(r"/journeys/\d+/$"))
    expect(page.locator(".page-head")).to_contain_text("版本 1")
    journey = page.url

    shop.state.callbacks.url = f"{live_console}/wecom/callback/"
    person = shop.state.add_contact(name="林小雨")
    shop.state.follow("wangfang", person, callback=True)
    until(CallbackEvent.objects.exists, what="the callback")
    now = timezone.now()
    while drain.handle_next(now=now):
        pass
    assert Follow.objects.get().contact.external_userid == person

    live_on(shop, begin=now, hours=8 * 24)
    run = JourneyRun.objects.get()
    assert (run.state, run.version.number) == ("done", 1)
    told = [line.text for line in shop.state.ledger() if line.status == 1]
    assert len(told) == 3
    assert told[0] == "您好，我是王芳，有问题随时找我。"

    page.goto(journey)
    expect(page.locator("#journey-live .figure").nth(2)).to_have_text("1")
    expect(page.locator(".flow")).to_contain_text("否 1")
    expect(page.locator("#funnel canvas")).to_be_visible()
    page.locator("#funnel summary").click()
    expect(page.locator("#funnel tbody tr").last).to_contain_text("走完全程")
    page.get_by_role("link", name="走完全程").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="查看经过").click()
    expect(page.locator(".timeline")).to_contain_text("第7天")
