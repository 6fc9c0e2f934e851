"""A broadcast that annoys: customers unfriend, the guard stops what staff have not confirmed."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from broadcasts.models import Batch, HarmAlarm, PolicySettings, Touch
from broadcasts.services import harm
from broadcasts.services.compose import create_draft
from broadcasts.services.control import schedule
from contacts.models import Follow
from scrm.console.models import Operator
from scrm.simulator.behaviour import Behaviour
from tests.broadcasts import rows
from tests.waiting import until
from tests.workers import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

CUSTOMERS = 60


@pytest.fixture
def shop(corp, transactional_db):
    """Two staff members with sixty customers each, synced; the house has no quiet hours today."""
    corp.state.add_department(2, "门店")
    for userid, name in (("wangfang", "王芳"), ("lina", "李娜")):
        corp.state.add_staff(userid, name, departments=(2,))
        for number in range(CUSTOMERS):
            corp.state.follow(userid, corp.state.add_contact(name=f"{name}的客户{number}"))
    call_command("sync", "--full")
    PolicySettings.objects.update_or_create(
        id=1, defaults={"quiet_from": time(0), "quiet_until": time(0), "holdout_percent": 0}
    )
    # Nobody confirms by themselves; whoever gets a message takes it badly.
    corp.state.record("habits", profile="never", mood="annoyed")
    return corp


@pytest.fixture
def worker(shop):
    worker = Worker(BROADCAST_SETTLE_SECONDS="1", BROADCAST_LEASE_SECONDS="21").start()
    yield worker
    worker.stop()


def _stopped_after_a_look(broadcast):
    """The worker moves the broadcast meanwhile; then the next look tells."""
    harm.look(now=timezone.now())
    return HarmAlarm.objects.filter(broadcast=broadcast).exists()


def test_the_guard_stops_a_broadcast_when_the_simulated_customers_unfriend(
    page, live_console, shop, worker, operator
):
    Operator.objects.filter(pk=operator.pk).update(staff_userid="wangfang")
    shop.state.callbacks.url = f"{live_console}/wecom/callback/"
    broadcast = _scheduled(operator)
    until(lambda: _accepted(broadcast) == 2, what="both tasks with staff")

    shop.state.confirm(userid="wangfang")
    people = Behaviour(shop.state)
    people.jump(shop.state.clock.now() + timedelta(minutes=10))
    until(lambda: _gone() >= 6, what="customers who unfriended us")
    _ask_for_results(broadcast)
    until(lambda: Touch.objects.count() == CUSTOMERS, what="the results")

    until(lambda: _stopped_after_a_look(broadcast), what="the stop")
    page.goto(f"{live_console}/broadcasts/{broadcast.pk}/")
    expect(page.locator("#harm")).to_contain_text("已于")
    expect(page.locator("#harm")).to_contain_text("自动停发")
    expect(page.locator("#harm canvas")).to_be_visible()
    expect(page.locator(".page-head")).to_contain_text("已停止")
    until(lambda: all(task.cancelled for task in _tasks_of(shop, "lina")), what="the cancelling")
    received = {delivery.userid for delivery in shop.state.ledger()}
    assert received == {"wangfang"}
    until(lambda: len(shop.state.app_messages) == 1, what="the message to the author")

    page.goto(f"{live_console}/")
    expect(page.locator("main, #main")).to_contain_text("已于")
    page.get_by_role("link", name="填写复盘").click()
    page.get_by_label("发生了什么").fill("标题太硬，下次先给老客户。")
    page.get_by_role("button", name="保存").click()
    page.goto(f"{live_console}/reach/harm/")
    expect(page.locator("article")).to_contain_text("标题太硬")
    assert HarmAlarm.objects.get().noted_by == operator


def _scheduled(operator):
    now = timezone.now()
    draft = rows.draft(window_start=now - timedelta(minutes=1), window_end=now + timedelta(hours=2))
    broadcast = create_draft(draft=draft, operator=operator, now=now)
    schedule(broadcast=broadcast, operator=operator, now=now)
    return broadcast


def _accepted(broadcast):
    return Batch.objects.filter(broadcast=broadcast, state="accepted").count()


def _gone():
    return Follow.objects.filter(status=Follow.Status.DELETED_BY_CONTACT).count()


def _ask_for_results(broadcast):
    Batch.objects.filter(broadcast=broadcast, is_final=False).update(next_poll_at=timezone.now())


def _tasks_of(shop, sender):
    return [task for task in shop.state.tasks() if sender in task.targets]
