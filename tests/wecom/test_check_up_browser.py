"""The button of the set-up check in a real browser."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_result_takes_the_place_of_the_page_without_a_reload(corp, live_console, page):
    page.goto(f"{live_console}/check-up/")
    page.evaluate("window.isTheSamePage = true")
    page.click("form[action$='/check-up/run/'] button")
    page.wait_for_selector("details[open] .findings")
    assert page.evaluate("window.isTheSamePage")
    assert page.locator("#check-up").count() == 1
    assert page.locator("form[action$='/check-up/run/'] button").is_enabled()
