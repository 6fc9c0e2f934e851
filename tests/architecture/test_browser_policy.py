"""No page does what the Content-Security-Policy forbids, in a real browser."""

from __future__ import annotations

import pytest

from tests.architecture.addresses import every_address
from tests.architecture.world import world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

# Answers that are no page: downloads, pieces, redirects, files for programs.
NO_PAGE = (
    ".csv",
    "jsi18n",
    "schema",
    "logout",
    "autocomplete",
    "/r/",
    "choices",
    "search/",
    "api/v1",
)


def test_no_page_breaks_the_content_security_policy(live_console, page):
    there = world()
    broken: list[str] = []
    page.expose_function("tell", lambda words: broken.append(words))  # noqa: PLW0108
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) =>"
        " tell(`${location.pathname}: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`))"
    )
    visited = 0
    for address in every_address():
        path = address.path(there)
        if address.area not in {"console", "admin"} and address.name != "api-docs":
            continue
        if any(word in path for word in NO_PAGE):
            continue
        # What only takes a POST or cannot be deleted answers with an error, htmx with a piece.
        known = page.request.get(f"{live_console}{path}")
        if known.status != 200 or "<html" not in known.text():
            continue
        page.goto(f"{live_console}{path}", wait_until="load")
        visited += 1
    assert visited > 30
    assert broken == []
