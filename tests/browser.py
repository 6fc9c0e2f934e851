"""Fixtures that drive the console in a real Chromium."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import sync_playwright

from scripts.browser import find

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
NOT_RUN = "NOT RUN: no Chromium on this machine and none could be installed"


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for the run. Without one the tests are not run, which CI refuses."""
    path = find()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NOT_RUN)
        pytest.skip(NOT_RUN)
    # Playwright's loop lives in this thread, which Django would take for an async context.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page at 1280 × 900 that fails the test when the browser reports an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda message: (
            problems.append(f"{page.url}: {message.text}") if message.type == "error" else None
        ),
    )
    page.set_default_timeout(15_000)
    yield page
    context.close()
    assert not problems, problems


@pytest.fixture
def live_console(live_server, page, operator):
    """A served console, logged in by its form; gives the base address."""
    page.goto(f"{live_server.url}/admin/login/")
    page.fill("input[name=username]", operator.username)
    page.fill("input[name=password]", "a-long-password")
    page.click("button[type=submit]")
    page.wait_for_url(f"{live_server.url}/")
    return live_server.url
