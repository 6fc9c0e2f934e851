"""What the page of definitions says a figure is read from is what its statements read."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest
from django.db import connection

from analytics.board.lineage import figure_lineage
from analytics.metrics.lineage import FILE, known, sources
from analytics.metrics.registry import METRICS
from analytics.selectors import columns
from analytics.selectors.lineage import columns_of, sources_of
from analytics.services.renewal import renew
from broadcasts.models import PolicySettings
from contacts.models import Order
from contacts.services.lifecycle import apply_lifecycle
from tests.analytics.building import NOW, contact, order, orders, shop
from tests.analytics.series_rows import sent_by
from tests.broadcasts import rows as broadcast_rows

pytestmark = pytest.mark.django_db

WRITE = "SCRM_WRITE_LINEAGE"


def test_a_statement_depends_on_the_columns_it_names_and_no_others():
    assert columns_of(
        "SELECT sum(amount_fen) FROM contacts_order WHERE paid_on > '2026-01-01'"
    ) == {"contacts_order": ["amount_fen", "paid_on"]}


def test_what_fills_a_table_is_read_from_what_its_temporary_ones_were():
    def fill():
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE bought ON COMMIT DROP AS SELECT contact_id FROM contacts_order"
            )
            cursor.execute(
                "INSERT INTO contacts_segment (name, rule) SELECT bought.contact_id, '{}' FROM "
                "bought JOIN contacts_contact c ON c.id = bought.contact_id ON CONFLICT DO NOTHING"
            )

    assert sources_of(fill) == {"contacts_contact": ["id"], "contacts_order": ["contact_id"]}
    assert columns_of("SELECT to_regclass('pg_temp.bought') AS gone") == {}


def test_what_goes_past_django_is_heard_too():
    asked = "SELECT amount_fen FROM contacts_order"
    assert sources_of(lambda: columns.read(asked, ("fen",))) == {"contacts_order": ["amount_fen"]}


def test_what_a_reading_sends_is_found_whoever_wrote_the_statement():
    found = sources_of(lambda: list(Order.objects.filter(source="x").values_list("external_id")))
    assert found == {"contacts_order": ["external_id", "source"]}


def test_the_kept_lineage_is_what_the_figures_read():
    """To write it anew: SCRM_WRITE_LINEAGE=1 python -m pytest tests/analytics/test_lineage.py"""
    shop(520, days=220)
    apply_lifecycle(now=NOW)
    renew(now=NOW)
    # Figures that are not asked for without them.
    PolicySettings.objects.create(
        pk=1, standing_percent=10, standing_salt="s", standing_since=NOW - timedelta(days=60)
    )
    sent_by(broadcast_rows.plan(), fixed=NOW - timedelta(days=40))
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
