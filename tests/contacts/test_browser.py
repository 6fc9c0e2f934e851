"""The order import in a real browser, where the theme's own scripts meet our form."""

from __future__ import annotations

import pytest

from contacts.models import Order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_choosing_a_file_leaves_the_source_alone_and_imports_it(
    live_console, page, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    file = tmp_path / "orders of march.csv"
    file.write_text("order_id,paid_at,amount,phone\nA1,2026-03-01,129.00,13800000000\n")
    page.goto(f"{live_console}/orders/import/")
    page.set_input_files("input[type=file]", file)
    assert page.input_value("input[name=source]") == "shop"
    page.click("form.card button")
    page.click("button[name=import]")
    page.wait_for_selector(".notice-success")
    assert Order.objects.get().source == "shop"
