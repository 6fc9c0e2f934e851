"""The order import in a real browser, where the theme's own scripts meet our form."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Order, OrderImport
from contacts.services.order_import_work import work_order_import

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def worked(imported):
    """What a worker does with it, on a page that looks again every two seconds."""
    until = timezone.now() + timedelta(seconds=20)
    while work_order_import(imported_id=imported.pk, clock=timezone.now, until=until):
        pass


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
    page.click("form.card button.button-primary")
    page.locator("form[action$='/check/'] button").click()
    page.locator("[role=progressbar]").wait_for()
    worked(OrderImport.objects.get())
    page.locator("button[name=take][value=all]").click()
    page.locator("[role=progressbar]").wait_for()
    worked(OrderImport.objects.get())
    page.get_by_role("link", name="查看订单").wait_for()
    assert Order.objects.get().source == "shop"
