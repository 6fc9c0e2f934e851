"""The data pages in a real browser: charts draw, say what they show, and lead to their customers."""

from __future__ import annotations

import pytest
from django.utils import timezone

from analytics.services.renewal import renew
from tests.analytics.building import NOW, shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DRAWN = (
    "() => [...document.querySelectorAll('[data-chart]')]"
    ".every(chart => chart.querySelector('canvas'))"
)


def test_charts_draw_are_read_aloud_and_lead_to_their_customers(live_console, page):
    shop(120)
    renew(now=max(NOW, timezone.now()))
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for path in ("/analytics/?preset=365d&compare=previous", "/analytics/rfm/"):
            page.goto(f"{live_console}{path}")
            page.wait_for_function(DRAWN)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            # Our own words, not those the library makes up.
            told = page.eval_on_selector_all(
                "[data-chart]",
                "all => all.map(one => [one.getAttribute('aria-label'),"
                " one.closest('.chart-block').querySelector('h2').textContent])",
            )
            assert told
            assert all(words.startswith(title) and words > title for words, title in told)
    table = page.locator("#rfm-groups table")
    assert not table.is_visible()
    page.click("#rfm-groups summary")
    assert table.is_visible()
    table.locator("a").first.click()
    page.wait_for_url("**/analytics/customers/**")
    page.go_back()
    page.wait_for_function(DRAWN)
    # Into a bar of the ladder, a little to the right of where it begins.
    x, y = page.evaluate("""() => {
        const element = document.getElementById("rfm-groups-chart");
        element.scrollIntoView({ block: "center" });
        const place = element.getBoundingClientRect();
        const at = echarts.getInstanceByDom(element).convertToPixel({ seriesIndex: 0 }, [0, 0]);
        return [place.x + at[0] + 2, place.y + at[1]];
    }""")
    page.mouse.click(x, y)
    page.wait_for_url("**/analytics/customers/**")
