"""A broadcast from the first word to the report: written by keys alone, approved by another,
confirmed late by some of the staff, cancelled for the rest when its window closes.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from broadcasts.models import Batch, Broadcast, PolicySettings, UnfinishedBroadcast
from broadcasts.services import results, windows
from scrm.console.models import Role
from tests import build
from tests.broadcasts import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_STOPS = 60


def walk_to(page, name):
    """Press Tab until the field or button is reached, as somebody without a mouse does."""
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        reached = "document.activeElement.name || document.activeElement.dataset.step"
        if page.evaluate(reached) == name:
            return
    raise AssertionError(f"no way to {name} with the Tab key")


def signed_in(browser, base, operator):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{base}/admin/login/")
    page.fill("input[name=username]", operator.username)
    page.fill("input[name=password]", "a-long-password")
    page.click("button[type=submit]")
    page.wait_for_url(f"{base}/")
    return page


def confirmed(page):
    page.locator("#confirm-dialog button[value=yes]").click()


@pytest.fixture
def house(corp):
    """Two staff members with three customers each, and a rule that nobody approves her own."""
    corp.state.clock.set(timezone.now())
    PolicySettings.objects.create(
        pk=1, quiet_from="00:00", quiet_until="00:00", holdout_percent=0, approval_above=0
    )
    corp.quick, corp.slow = rows.crew(corp, 2)
    rows.segment(name="所有好友")
    return corp


def test_from_the_first_word_to_the_report(live_console, page, browser, house, operator):
    page.goto(f"{live_console}/broadcasts/new/")
    write_by_keys(page)
    expect(page.locator(".figure").first).to_have_text("6")
    assert not UnfinishedBroadcast.objects.exists()

    page.get_by_role("button", name="提交审批").click()
    confirmed(page)
    page.wait_for_url(re.compile(r"/broadcasts/\d+/$"))
    expect(page.get_by_role("button", name="通过")).to_have_count(0)
    approve_as_another(browser, live_console)
    broadcast = Broadcast.objects.get()
    assert (broadcast.state, broadcast.created_by) == ("scheduled", operator)

    one_confirms_late(house, broadcast)
    page.goto(f"{live_console}/broadcasts/cockpit/")
    expect(page.locator("#cockpit-now")).to_contain_text(house.slow.name)
    expect(page.locator("#cockpit-now")).to_contain_text("1 / 2")
    page.get_by_role("button", name="提醒").click()
    confirmed(page)
    expect(page.locator("body")).to_contain_text("正在提醒 1 个任务")

    closes = broadcast.window_end + timedelta(minutes=1)
    house.state.clock.set(closes)
    windows.close_due(now=closes)
    windows.settle(now=closes)
    page.goto(f"{live_console}/broadcasts/{broadcast.pk}/")
    figures = page.locator("#broadcast-progress .figure")
    expect(figures.nth(2)).to_have_text("1 / 2")
    expect(figures.nth(3)).to_have_text("3 / 6")
    expect(page.locator("#broadcast-progress")).to_contain_text("已取消")
    assert house.state.confirm(userid=house.slow.userid) == 0
    assert len(house.state.ledger()) == 3


def write_by_keys(page):
    page.locator("[name=kind]").first.focus()
    walk_to(page, "name")
    page.keyboard.type("秋茶试喝")
    walk_to(page, "benefit")
    page.keyboard.type("免费试喝今年的秋茶")
    walk_to(page, "segment")
    page.keyboard.press("ArrowDown")
    walk_to(page, "text")
    page.keyboard.type("秋茶到了，给您留了一份。")
    expect(page.locator("[data-preview=text]")).to_have_text("秋茶到了，给您留了一份。")
    expect(page.locator("[data-saved]")).to_contain_text("已自动保存")
    walk_to(page, "window_start")
    walk_to(page, "save")
    page.keyboard.press("Enter")


def approve_as_another(browser, base):
    other = signed_in(browser, base, build.operator(role=Role.OPERATOR))
    other.goto(f"{base}/broadcasts/reviews/")
    other.get_by_role("button", name="通过").click()
    confirmed(other)
    other.wait_for_url(re.compile(r"/broadcasts/\d+/$"))
    other.context.close()


def one_confirms_late(house, broadcast):
    opens = broadcast.window_start
    house.state.clock.set(opens)
    windows.open_due(now=opens)
    rows.deliver_all(now=opens)
    windows.settle(now=opens)
    late = opens + timedelta(minutes=40)
    house.state.clock.set(late)
    house.state.confirm(userid=house.quick.userid)
    Batch.objects.update(next_poll_at=late)
    results.poll_due(now=late)
