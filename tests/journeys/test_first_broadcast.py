"""The whole loop, as an operator and her staff live it: sync, segment, dry run, send, results."""

from __future__ import annotations

import re
from collections import Counter
from datetime import time, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from broadcasts.models import Batch, Broadcast, PolicySettings, Recipient, Touch
from broadcasts.services.compose import create_draft
from broadcasts.services.control import schedule
from contacts.models import Contact
from contacts.services.preferences import set_do_not_contact
from tests.broadcasts import rows
from tests.waiting import until
from tests.workers import Worker

pytestmark = [pytest.mark.django_db(transaction=True)]

STAFF = ("wangfang", "lina")


@pytest.fixture
def shop(corp, transactional_db):
    """Two staff members with ten customers each, synced; the house has no quiet hours today."""
    corp.state.add_department(2, "门店")
    for userid, name in zip(STAFF, ("王芳", "李娜"), strict=True):
        corp.state.add_staff(userid, name, departments=(2,))
        for number in range(10):
            person = corp.state.add_contact(name=f"{name}的客户{number}")
            corp.state.follow(userid, person)
    call_command("sync", "--full")
    PolicySettings.objects.update_or_create(
        id=1, defaults={"quiet_from": time(0), "quiet_until": time(0), "holdout_percent": 10}
    )
    return corp


@pytest.fixture
def worker(shop):
    worker = Worker(BROADCAST_SETTLE_SECONDS="1", BROADCAST_LEASE_SECONDS="21").start()
    yield worker
    worker.stop()


def _received(corp):
    return Counter(delivery.external_userid for delivery in corp.state.ledger())


@pytest.mark.browser
def test_an_operator_reaches_a_segment_and_sees_what_came_of_it(
    page, live_console, shop, worker, operator
):
    wish = Contact.objects.order_by("pk").first()
    set_do_not_contact(
        contact_id=wish.pk,
        is_do_not_contact=True,
        source="operator",
        operator=operator,
        now=timezone.now(),
    )

    page.goto(f"{live_console}/segments/new/")
    page.get_by_role("button", name="添加条件").click()
    page.locator(".condition").first.get_by_label("字段").select_option("stage")
    page.locator(".condition").first.get_by_label("新增").check()
    expect(page.locator("#segment-result [data-count]")).to_have_text("20")
    page.get_by_label("人群名称").fill("还没有下单的朋友")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/segments/\d+/$"))

    now = timezone.localtime()
    page.goto(f"{live_console}/broadcasts/new/")
    page.locator("[name=name]").fill("秋茶试喝")
    page.locator("[name=benefit]").fill("免费试喝今年的秋茶")
    page.locator("[name=segment]").select_option(label="还没有下单的朋友")
    page.locator("[name=text]").fill("您好，今年的秋茶到了，给您留了一份小样。")
    page.locator("[name=window_start]").fill(f"{now - timedelta(minutes=5):%Y-%m-%dT%H:%M}")
    page.locator("[name=window_end]").fill(f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M}")
    expect(page.locator(".phone")).to_contain_text("给您留了一份小样")
    page.get_by_role("button", name="保存并预演").click()

    expect(page.get_by_role("table").first).to_contain_text("客户要求勿扰")
    figures = page.locator(".figure").all_inner_texts()
    assert sum(int(figure) for figure in figures) == 20
    page.get_by_role("button", name="排期").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("确")).click()

    page.wait_for_url(re.compile(r"/broadcasts/\d+/$"))
    broadcast = Broadcast.objects.get()
    expect(page.locator("main, #main")).to_contain_text("等待成员确认", timeout=60_000)
    chosen = {r.external_userid for r in _recipients(broadcast) if r.state == r.State.CHOSEN}
    assert len(chosen) == int(figures[0])
    assert wish.external_userid not in chosen
    assert not _received(shop)

    shop.state.confirm()
    page.get_by_role("button", name="刷新结果").click()
    expect(page.locator("main, #main")).to_contain_text("已完成", timeout=60_000)
    assert _received(shop) == Counter(dict.fromkeys(chosen, 1))
    assert Touch.objects.filter(broadcast=broadcast).count() == len(chosen)


def test_a_worker_killed_in_the_middle_of_sending_reaches_everybody_once(shop, worker, operator):
    shop.state.faults.add(
        path="externalcontact/add_msg_template", kind="slow_after", value=3, count=1
    )
    broadcast = _scheduled(operator)
    until(
        lambda: (
            len(shop.state.tasks()) >= 1
            and Batch.objects.filter(state=Batch.State.SUBMITTING).exists()
        ),
        what="a batch on its way",
    )
    worker.kill()
    worker.start()
    until(
        lambda: (
            not Batch.objects.exclude(state=Batch.State.ACCEPTED).exists()
            and Batch.objects.count() == 2
        ),
        seconds=120,
        what="both batches accepted",
    )
    assert len(shop.state.tasks()) == 2
    shop.state.confirm()
    chosen = _recipients(broadcast).filter(state="chosen")
    assert _received(shop) == Counter(dict.fromkeys((r.external_userid for r in chosen), 1))
    assert chosen.count() == 20


def _recipients(broadcast):
    return Recipient.objects.filter(broadcast_id=broadcast.pk)


def _scheduled(operator):
    now = timezone.now()
    draft = rows.draft(window_start=now - timedelta(minutes=1), window_end=now + timedelta(hours=2))
    broadcast = create_draft(draft=draft, operator=operator, now=now)
    schedule(broadcast=broadcast, operator=operator, now=now)
    return broadcast
