"""The composer and the running broadcast in a real browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from broadcasts.models import Broadcast, PolicySettings
from broadcasts.services import results, windows
from broadcasts.services.audience import freeze
from tests.broadcasts import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def awake():
    """No quiet hours, whatever the hour the tests run at."""
    PolicySettings.objects.create(pk=1, quiet_from="00:00", quiet_until="00:00", holdout_percent=0)


def fits(page):
    """Nothing sticks out to the right, which a phone would have to scroll to."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_message_is_seen_on_the_phone_while_it_is_typed_then_scheduled(
    live_console, page, awake, width
):
    page.set_viewport_size({"width": width, "height": 900})
    rows.customer(rows.staff())
    rows.segment(name="All friends")
    page.goto(f"{live_console}/broadcasts/new/")
    page.fill("input[name=name]", "Spring")
    page.fill("input[name=benefit]", "Free shipping")
    page.fill("textarea[name=text]", "春天来了")
    expect(page.locator("[data-preview=text]")).to_have_text("春天来了")
    expect(page.locator("[data-bytes]")).to_have_text("12")
    cards = page.locator("[data-preview=attachments] .strong")
    expect(cards).to_have_count(0)
    page.fill("input[name=attachment_title]", "小店")
    page.fill("input[name=attachment_url]", "https://shop.example")
    expect(cards).to_have_text("小店")
    page.select_option("select[name=segment]", label="All friends")
    expect(page.locator("#audience-size .strong")).to_contain_text("1")
    assert fits(page)
    page.click("form[data-composer] button.button-primary")
    expect(page.locator(".figure").first).to_have_text("1")
    assert fits(page)
    page.click("form[action$='/schedule/'] button")
    page.click("#confirm-dialog button[value=yes]")
    page.wait_for_url("**/broadcasts/*/")
    assert Broadcast.objects.get().state == "scheduled"
    assert fits(page)


def test_a_running_broadcast_moves_on_the_page_by_itself(live_console, page, corp, awake):
    now = timezone.now()
    corp.state.clock.set(now)
    rows.crew(corp, 2)
    window = {"window_start": now - timedelta(hours=1), "window_end": now + timedelta(hours=1)}
    spring = freeze(broadcast_id=rows.broadcast(**window).pk, now=now)
    rows.deliver_all(now=now)
    page.goto(f"{live_console}/broadcasts/{spring.pk}/")
    figures = page.locator("#broadcast-progress .figure")
    expect(figures.nth(2)).to_have_text("0 / 2")
    corp.state.confirm()
    results.poll_due(now=now + timedelta(minutes=1))
    windows.settle(now=now + timedelta(minutes=1))
    expect(figures.nth(2)).to_have_text("2 / 2")
    expect(figures.nth(3)).to_have_text("6 / 6")
