"""The data page in a real browser: charts draw, nothing runs over the edge, nothing complains."""

from __future__ import annotations

import pytest
from django.utils import timezone

from analytics.services.renewal import renew
from tests.analytics.building import NOW, shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 390])
def test_every_chart_draws_and_nothing_runs_over_the_edge(live_console, page, width):
    shop(650)
    renew(now=max(NOW, timezone.now()))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_console}/analytics/")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-chart]')]"
        ".every(chart => chart.querySelector('canvas'))"
    )
    assert page.locator("[data-chart]").count() == 6
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_table_behind_a_chart_opens_and_the_cohorts_switch(live_console, page):
    shop(60)
    renew(now=max(NOW, timezone.now()))
    page.goto(f"{live_console}/analytics/")
    table = page.locator("#ltv-by-cohort table")
    assert not table.is_visible()
    page.click("#ltv-by-cohort summary")
    assert table.is_visible()
    page.click("a[href='?cohorts=value#cohorts']")
    page.wait_for_selector("#cohort-value")
