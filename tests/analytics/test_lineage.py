"""What the page of definitions says a figure is read from is what its statements read."""

from __future__ import annotations

import json
import os

import pytest

from analytics.board.lineage import figure_lineage
from analytics.metrics.lineage import FILE, known, sources
from analytics.metrics.registry import METRICS
from analytics.selectors.lineage import columns_of, sources_of
from analytics.services.renewal import renew
from contacts.models import Order
from contacts.services.lifecycle import apply_lifecycle
from tests.analytics.building import NOW, contact, order, orders, shop

pytestmark = pytest.mark.django_db

WRITE = "SCRM_WRITE_LINEAGE"


def test_a_statement_depends_on_the_columns_it_names_and_no_others():
    assert columns_of(
        "SELECT sum(amount_fen) FROM contacts_order WHERE paid_on > '2026-01-01'"
    ) == {"contacts_order": ["amount_fen", "paid_on"]}


def test_what_a_reading_sends_is_found_whoever_wrote_the_statement():
    found = sources_of(lambda: list(Order.objects.filter(source="x").values_list("external_id")))
    assert found == {"contacts_order": ["external_id", "source"]}


def test_the_kept_lineage_is_what_the_figures_read():
    """To write it anew: SCRM_WRITE_LINEAGE=1 python -m pytest tests/analytics/test_lineage.py"""
    shop(520, days=220)
    apply_lifecycle(now=NOW)
    renew(now=NOW)
    found = figure_lineage(now=NOW)
    if os.environ.get(WRITE):
        FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(FILE.read_text(encoding="utf-8")), f"write it anew with {WRITE}=1"


def test_every_figure_that_is_known_by_its_sources_is_one_of_the_registry():
    assert set(known()["figures"]) <= set(METRICS)


def test_the_page_of_definitions_shows_figure_and_sources(operator_client):
    orders(order(contact(), NOW.date(), 12_300))
    renew(now=NOW)
    page = operator_client.get("/analytics/definitions/").content.decode()
    assert "¥123.00" in page
    (table,) = [each for each in sources("order-value") if each.table == "analytics_contactmetrics"]
    assert "contacts_order" in [each.table for each in table.made_from]
    assert "analytics_contactmetrics" in page
