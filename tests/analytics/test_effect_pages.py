"""The pages of what broadcasts brought: what they say, to whom, and how they download."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.models import BroadcastCost
from analytics.services.broadcast_effects import measure_broadcasts
from broadcasts.models import PolicySettings
from scrm.console.models import Role
from tests import build
from tests.analytics.effect_rows import bought, clicked, sent
from tests.broadcasts import rows as broadcast_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(operator_client):
    operator_client.cookies["django_language"] = "en"


def lately(**overrides):
    """Fixed 30 days ago, by the clock that the pages look at."""
    fixed = timezone.now() - timedelta(days=30)
    made = sent(fixed=fixed, **overrides)
    made.fixed = fixed
    return made


def shown(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def effect(client, made, query=""):
    return shown(client, f"/broadcasts/{made.pk}/effect/{query}")


def test_a_clear_effect_is_told_with_its_interval(operator_client):
    made = lately(treated=400, held=200)
    bought([*made.people[:200], *made.kept[:20]], since=made.fixed)
    text = effect(operator_client, made)
    assert "It brought more" in text
    assert "400 customers were written to, 200 were kept from it" in text
    assert "¥16,000.00" in text


def test_a_thin_one_is_not_decidable_and_says_how_many_more(operator_client):
    made = lately(treated=40, held=20)
    bought([*made.people[:12], *made.kept[:6]], since=made.fixed)
    text = effect(operator_client, made)
    assert "Not decidable yet" in text
    assert "more customers needed" in text


def test_without_orders_without_a_hold_out_and_before_the_start_it_says_so(operator_client):
    assert "Nobody has ordered so far." in effect(operator_client, lately())
    assert "had no hold-out" in effect(operator_client, lately(held=0))
    draft = broadcast_rows.broadcast(state="draft", scheduled_at=None)
    assert "has not been fixed yet" in effect(operator_client, draft)


def test_an_open_window_gives_no_verdict(operator_client):
    made = lately()
    assert "The window is still open" not in effect(operator_client, made)
    assert "The window is still open" in effect(operator_client, made, "?days=30")


def test_a_draw_that_went_wrong_is_shown(operator_client):
    made = lately(treated=400, held=200, holdout_percent=10)
    assert "not as large as they were drawn" not in effect(operator_client, lately())
    made.holdout_percent = 10
    made.save()
    assert "not as large as they were drawn" in effect(operator_client, made)


def test_a_large_one_is_counted_by_the_clock(operator_client):
    made = lately()
    made.chosen = 30_000
    made.save()
    assert "So many customers are counted by the clock." in effect(operator_client, made)
    csv_path = f"/broadcasts/{made.pk}/effect/effect-days.csv"
    assert rows_of(operator_client.get(csv_path)) == [[]]
    measure_broadcasts(now=timezone.now())
    assert "30,000 customers were written to" in effect(operator_client, made)


def test_without_a_forecast_the_report_says_what_is_missing(operator_client):
    assert "The models need more orders" in effect(operator_client, lately())


def test_versions_are_compared_in_pairs(operator_client):
    made = lately(treated=400, held=0, letters="AB")
    bought(made.people[0:200:2], since=made.fixed)
    bought(made.people[1:41:2], since=made.fixed)
    clicked(made, made.people[:2], letter="A")
    text = effect(operator_client, made)
    assert "A is better" in text
    assert "Look 5 of 5" in text


def test_the_list_has_one_row_a_finished_broadcast(operator_client, django_assert_max_num_queries):
    assert "No broadcast is finished yet" in shown(operator_client, "/broadcast-effects/")
    for place in range(3):
        made = lately(treated=400, held=200, name=f"Spring {place}")
        bought([*made.people[:200], *made.kept[:20]], since=made.fixed)
    lately(name="Fresh")
    measure_broadcasts(now=timezone.now())
    lately(name="Unmeasured")
    with django_assert_max_num_queries(20):
        text = shown(operator_client, "/broadcast-effects/")
    assert text.count("It brought more") >= 3
    assert "Being measured" in text
    assert "No standing hold-out is drawn" in text


def test_the_standing_hold_out_heads_the_list(operator_client):
    now = timezone.now()
    PolicySettings.objects.create(
        standing_percent=10,
        standing_salt="salt",
        standing_since=now - timedelta(days=60),
        updated_at=now,
    )
    lately()
    assert "in the standing hold-out (10%)" in shown(operator_client, "/broadcast-effects/")


def test_a_lead_sees_her_own_broadcasts_and_nothing_of_the_whole(client):
    lead = build.operator(role=Role.LEAD)
    client.force_login(lead)
    client.cookies["django_language"] = "en"
    theirs, hers = lately(name="Theirs"), lately(name="Hers", created_by=lead)
    text = shown(client, "/broadcast-effects/")
    assert "Hers" in text
    assert "Theirs" not in text
    assert "Marketing as a whole" not in text
    assert client.get(f"/broadcasts/{theirs.pk}/effect/").status_code == 404
    assert client.get(f"/broadcasts/{hers.pk}/effect/").status_code == 200


def rows_of(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


@pytest.mark.parametrize("key", ["effect-funnel", "effect-days"])
def test_each_chart_can_be_downloaded(operator_client, key):
    made = lately()
    bought(made.people[:2], since=made.fixed)
    header, *rows = rows_of(operator_client.get(f"/broadcasts/{made.pk}/effect/{key}.csv?days=7"))
    assert rows
    assert all(len(row) == len(header) for row in rows)


def test_the_list_can_be_downloaded(operator_client):
    lately()
    measure_broadcasts(now=timezone.now())
    path = "/broadcast-effects/broadcast-effects.csv"
    _header, row = rows_of(operator_client.get(path))
    assert row[0] == "Spring"


def test_a_draft_has_nothing_to_download(operator_client):
    draft = broadcast_rows.broadcast(state="draft", scheduled_at=None)
    response = operator_client.get(f"/broadcasts/{draft.pk}/effect/effect-days.csv")
    assert rows_of(response) == [[]]


def test_a_cost_is_entered_and_the_return_shown(operator_client):
    made = lately(treated=400, held=200)
    bought([*made.people[:200], *made.kept[:20]], since=made.fixed)
    path = f"/broadcasts/{made.pk}/effect/cost/"
    operator_client.post(path, {"amount": "4000", "margin": "50"})
    assert BroadcastCost.objects.get().amount_fen == 400_000
    assert "at a cost of ¥4,000.00" in effect(operator_client, made)
    answer = operator_client.post(path, {"amount": "-1", "margin": "500"}, follow=True)
    assert "Gross margin (%):" in answer.content.decode()
    operator_client.post(path, {"amount": "0", "margin": "50"})
    assert BroadcastCost.objects.get().amount_fen == 400_000
    operator_client.post(path, {"amount": "", "margin": "50"})
    assert not BroadcastCost.objects.exists()


def test_the_page_of_a_broadcast_leads_to_its_effect(operator_client):
    made = lately()
    assert f"/broadcasts/{made.pk}/effect/" in shown(operator_client, f"/broadcasts/{made.pk}/")


def test_clicks_stand_on_the_page_of_a_broadcast_without_versions_too(operator_client):
    made = lately()
    path = f"/broadcasts/{made.pk}/"
    assert "customers opened a link" not in shown(operator_client, path)
    clicked(made, made.people[:3])
    clicked(made, made.people[:1])
    text = shown(operator_client, path)
    assert "customers opened a link, 15.0% of 20 whom it reached" in text
