"""The data pages: segments beside all customers, the period in the address, charts and their API."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.metrics.registry import METRICS
from analytics.models import ContactMetrics
from analytics.periods import asked_period
from analytics.selectors.parts import Part
from analytics.selectors.scope import EVERYBODY
from analytics.services.refresh import rebuild_metrics
from analytics.services.renewal import renew
from contacts.models import Follow, LifecycleTransition, Staff
from contacts.services.segments import archive_segment, create_segment
from scrm.console import charts
from scrm.console.models import Role
from tests import build
from tests.analytics.building import NOW, TODAY, contact, contacts, follow, shop

pytestmark = pytest.mark.django_db


def rows_by_name(client, path):
    found = client.get(f"/api/v1/analytics/{path}").json()
    return {
        row[0]: dict(zip((c["label"] for c in found["columns"]), row, strict=True))
        for row in found["rows"]
    }


def test_segments_stand_beside_all_customers_inside_the_scope_of_who_asks(two_shops, client):
    query = f"segments-value/?from=2020-01-01&to={timezone.localdate()}&segment={two_shops.pk}"
    client.cookies["django_language"] = "en"
    for role, everybody in ((Role.ANALYST, 78_000), (Role.LEAD, 1_000)):
        client.force_login(build.operator(role=role, staff_userid="anna"))
        rows = rows_by_name(client, query)
        assert rows["All customers"]["Net revenue"] == everybody
        assert rows["Buyers of ours"]["Net revenue"] == everybody
        page = client.get(f"/analytics/?segment={two_shops.pk}").content.decode()
        assert "Buyers of ours" in page


def test_a_segment_counts_its_own_customers_only(two_shops, operator_client):
    big = create_segment(
        name="Big spenders",
        rule={"all": [{"field": "order.revenue_fen", "op": ">=", "value": 60_000}]},
        now=NOW,
    )
    operator_client.cookies["django_language"] = "en"
    query = f"?from=2020-01-01&segment={big.pk}&segment={two_shops.pk}"
    rows = rows_by_name(operator_client, f"segments-repurchase/{query}")
    assert [
        rows[name]["Buyers"] for name in ("All customers", "Big spenders", "Buyers of ours")
    ] == [3, 1, 3]
    page = operator_client.get(f"/analytics/repurchase/{query}").content.decode()
    assert page.count("Big spenders") > 2


def test_a_choice_of_segments_that_cannot_be_read_is_said_and_leaves_the_page_whole(
    two_shops, operator_client
):
    many = [create_segment(name=f"S{n}", rule={"all": []}, now=NOW).pk for n in range(5)]
    archive_segment(segment_id=many[0], operator=None, now=NOW)
    operator_client.cookies["django_language"] = "en"
    for numbers, words in (
        (many, "Choose up to 4"),
        (many[:1], "no such segment"),
        (["x"], "no such"),
    ):
        query = "&".join(f"segment={number}" for number in numbers)
        page = operator_client.get(f"/analytics/churn/?{query}")
        assert page.status_code == 200
        assert words in page.content.decode()
        refused = operator_client.get(f"/api/v1/analytics/segments-churn/?{query}")
        assert refused.status_code == 400
        assert list(refused.json()) == ["segment"]


def test_every_chart_can_be_read_without_its_colours(operator_client):
    shop(90)
    anna = Staff.objects.create(userid="anna", name="Anna")
    for number, customer in enumerate(contacts(6)):
        ended = NOW - timedelta(days=number * 20)
        follow(anna, customer, status=Follow.Status.DELETED_BY_CONTACT, ended_at=ended)
        LifecycleTransition.objects.create(
            contact=customer, from_stage="first", to_stage="silent", at=NOW - timedelta(days=number)
        )
    renew(now=NOW)
    contact(first_followed_at=NOW)
    # A forecast needs more buyers than a test has time for.
    ContactMetrics.objects.update(
        p_alive=0.5,
        expected_orders=1,
        predicted_fen=1,
        predicted_low_fen=1,
        predicted_high_fen=1,
        predicted_at=NOW,
    )
    asked = asked_period({"preset": "365d", "compare": "previous"}, today=TODAY)
    segments = [Part("", name, EVERYBODY) for name in ("One", "Two", "Three", "Four")]
    figures = Figures(now=NOW, asked=asked, segments=segments)
    for key, make in DATASETS.items():
        found = make(figures)
        assert found.rows, key
        assert found.metric in METRICS
        assert str(found.title) in found.words
        assert not found.links or len(found.links) == len(found.rows)
        series = found.option["series"]
        drawn = [charts.marks(each) for each in series if each["type"] == "line"]
        assert len(set(drawn)) == len(drawn), key
        bars = [each for each in series if each["type"] == "bar"]
        assert len(bars) < 2 or found.option["aria"]["decal"]["show"], key
        for each in series:
            assert each["type"] != "heatmap" or each["label"]["show"]


def test_the_api_gives_every_dataset_with_its_period_and_names_what_is_wrong(operator_client):
    shop(30)
    rebuild_metrics(now=NOW)
    listed = operator_client.get("/api/v1/analytics/").json()
    assert [each["dataset"] for each in listed] == list(DATASETS)
    for each in listed:
        address = urlsplit(each["url"]).path
        found = operator_client.get(f"{address}?from=2026-01-01&to=2026-06-30&compare=year").json()
        assert found["metric"] in METRICS
        assert found["period"] == {"first_on": "2026-01-01", "last_on": "2026-06-30"}
        assert found["compared_with"] == {"first_on": "2025-01-01", "last_on": "2025-06-30"}
        assert all(len(row) == len(found["columns"]) for row in found["rows"])
    for query, field in (("from=2026-13-01", "from"), ("compare=apples", "compare")):
        refused = operator_client.get(f"/api/v1/analytics/ltv-course/?{query}")
        assert (refused.status_code, list(refused.json())) == (400, [field])
    assert operator_client.get("/api/v1/analytics/passwords/").status_code == 404


def test_the_choice_of_days_and_segments_travels_to_csv_and_to_the_other_choices(
    two_shops, operator_client
):
    query = f"from=2026-01-01&to=2026-03-31&compare=year&segment={two_shops.pk}"
    page = operator_client.get(f"/analytics/?{query}").content.decode()
    assert f"/analytics/segments-value.csv?{query.replace('&', '&amp;')}" in page
    preset = next(part for part in page.split('href="?') if part.startswith("preset=30d"))
    kept = parse_qs(preset.split('"')[0].replace("&amp;", "&"))
    assert kept == {"preset": ["30d"], "compare": ["year"], "segment": [str(two_shops.pk)]}
    assert 'type="hidden" name="segment"' in page


def test_what_waits_for_the_operator_stands_on_the_home_page(two_shops, client):
    client.cookies["django_language"] = "en"
    client.force_login(build.operator(role=Role.ANALYST))
    assert "Nothing waits for you." in client.get("/").content.decode()
    text = client.get("/").content.decode()
    at = [text.index(f'href="/analytics/{page}"') for page in ("", "repurchase/", "flow/")]
    assert all(one < other for one, other in pairwise(at))
