"""The page that judges the forecast: its back-test, thin and ill data, the state of the orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from analytics.models import ContactMetrics, ModelFit, NightFigure
from analytics.selectors.data_quality import ledger_signs
from analytics.selectors.profile import profile
from analytics.services.night_figures import compute_night_figures
from analytics.services.renewal import renew
from contacts.models import Order
from scrm.console.models import Role
from tests import build
from tests.analytics.building import NOW, TODAY, contact, contacts, order, orders, shop

pytestmark = pytest.mark.django_db

PAGE = "/analytics/quality/"


@pytest.fixture
def english(operator_client):
    operator_client.cookies["django_language"] = "en"
    return operator_client


def text_of(client, page=PAGE):
    answer = client.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


def fit_in_use():
    return ModelFit.objects.get(kind="mbgnbd", is_current=True)


def test_the_back_test_is_kept_in_full_and_shown_beside_the_next_orders(
    english, django_assert_max_num_queries
):
    shop(700, days=500)
    renew(now=NOW)
    fit = fit_in_use()
    detail = fit.backtest_detail
    assert sum(group[0] for group in detail["groups"]) == detail["customers"]
    actual = sum(customers * mean for customers, _e, mean, _c in detail["groups"])
    assert actual == pytest.approx(fit.backtest_actual)
    assert detail["covered"] > 0.75
    # Tracking ends with every repeat purchase of the customers known before the hidden quarter.
    cutoff = TODAY - timedelta(days=90)
    known = ContactMetrics.objects.filter(first_on__lte=cutoff)
    assert detail["tracking"][-1][2] == sum(row.purchase_days - 1 for row in known)
    later = Order.objects.filter(paid_on__gt=cutoff, contact__in=known.values("pk"))
    assert detail["money"]["actual"] == sum(row.net_fen for row in later)

    with django_assert_max_num_queries(30):
        text = text_of(english)
    for said in ('id="calibration"', 'id="tracking"', "of customers ended inside their interval"):
        assert said in text
    _header, *rows = english.get("/analytics/quality/calibration.csv").getvalue().splitlines()
    assert len(rows) == len(detail["groups"])
    errors = english.get("/analytics/quality/forecast-errors.csv").getvalue().decode()
    assert f"{fit.backtest_mae:.4f}"[:5] in errors

    row = ContactMetrics.objects.filter(purchase_days__gt=3).order_by("-last_on").first()
    days = profile(row.contact, today=TODAY).next_order
    assert TODAY < days.early <= days.middle
    assert days.late is None or days.middle < days.late
    assert "half of such customers by" in text_of(english, f"/contacts/{row.pk}/?tab=value")


def bought(people, *, days=300, every=0, fen=lambda number: 10_000):
    """Orders of each on one day, spread over `days`; and again after `every` days if given."""
    rows = []
    for number, person in enumerate(people):
        first = TODAY - timedelta(days=number % (days + 1))
        rows.append(order(person, first, fen(number)))
        while every and (first := first + timedelta(days=every + number % 5)) <= TODAY:
            rows.append(order(person, first, fen(number)))
    return orders(*rows)


@pytest.mark.parametrize(
    ("people", "days", "said"),
    [(620, 300, "0 of 100 repeat buyers"), (620, 0, "0 of 180 days of orders")],
    ids=["all bought once", "all buyers of today"],
)
def test_a_shop_nothing_can_be_learned_from_is_told_why_and_what_serves_instead(
    english, people, days, said
):
    bought(contacts(people), days=days)
    _run, outcome = renew(now=NOW)
    assert outcome.reason == "not enough orders"
    assert not ContactMetrics.objects.filter(predicted_at__isnull=False).exists()
    for page in (PAGE, "/analytics/"):
        text = text_of(english, page)
        assert said in text
        assert "Until then the value so far and the repurchase rate stand in" in text
    assert "Silent and lost begin after 45 and 120 days" in text_of(english)


@pytest.mark.parametrize(
    ("fen", "mean"),
    [
        (lambda number: 0, 0),
        # A few hundred millions among small change: no mean exists.
        (lambda number: 100 if number % 9 else 10 ** min(2 + number // 60, 11), None),
    ],
    ids=["amounts of nothing", "a few giant orders"],
)
def test_order_values_without_a_model_count_with_the_mean_of_the_shop(english, fen, mean):
    bought(contacts(620), every=40, fen=fen)
    _run, outcome = renew(now=NOW)
    assert outcome.reason == ""
    kept = ModelFit.objects.get(kind="mean_value", is_current=True)
    assert mean is None or kept.parameters["mean_fen"] == mean
    found = ContactMetrics.objects.values_list("predicted_fen", "expected_orders")
    assert all(np.isfinite(fen) and np.isfinite(each) for fen, each in found)
    assert "the mean of the shop" in text_of(english)
    assert "Every order counts with the mean of the shop" in text_of(english, "/analytics/")


def test_where_nobody_leaves_the_forecast_is_that_of_steady_buyers(english):
    bought(contacts(620), days=290, every=28)
    renew(now=NOW)
    fit = fit_in_use()
    assert fit.at_bound
    regular = ContactMetrics.objects.filter(purchase_days__gt=6, p_alive__isnull=False)
    assert all(9 < row.expected_orders < 16 for row in regular)
    assert "The orders do not determine" in text_of(english)


def paid(person, moment, fen=10_000, **overrides):
    row = order(person, moment.astimezone(timezone.get_default_timezone()).date(), fen, **overrides)
    row.paid_at = moment
    return row


def test_the_orders_are_looked_through_and_each_sign_leads_to_its_records(english, client):
    """Ten orders a day for 200 days, five of them missing; then one of each thing that is wrong."""
    people = contacts(50)
    gap = [TODAY - timedelta(days=number) for number in range(60, 65)]
    days = [TODAY - timedelta(days=number) for number in range(200)]
    rows = [
        order(people[(7 * n + k) % 50], day, 9_000 + 100 * k, refunded_fen=100 if refunded else 0)
        for n, day in enumerate(days)
        if day not in gap
        for k in range(10)
        for refunded in [(n < 20 and k < 2) or (n >= 30 and k == 0 and n % 10 == 0)]
    ]
    noon = datetime.combine(TODAY - timedelta(days=3), time(4, 30), UTC)
    rows += [
        paid(None, noon),
        paid(people[0], noon, 50_000_000),
        paid(people[1], noon, 9_345),
        paid(people[1], noon, 9_345),
        paid(people[2], NOW + timedelta(days=3)),
        paid(people[3], noon, 0),
    ]
    made = orders(*rows)
    found = {sign["kind"]: sign for sign in ledger_signs(now=NOW)["signs"]}
    assert {kind: (sign["level"], sign["count"]) for kind, sign in found.items()} == {
        "gaps": ("bad", 5),
        "unmatched": ("good", 1),
        "unusual": ("mind", 1),
        "refunds": ("mind", 40),
        "twice": ("mind", 1),
        "future": ("bad", 1),
        "free": ("mind", 1),
    }
    assert found["gaps"]["records"] == [[f"{gap[-1]}", f"{gap[0]}", 50]]
    assert [record[1] for record in found["unusual"]["records"]] == [made[-5].external_id]
    assert len(found["twice"]["records"]) == 2

    compute_night_figures(now=NOW)
    text = text_of(english)
    assert f"/orders/?paid_from={gap[-1]}&amp;paid_to={gap[0]}" in text
    assert f"/orders/?text={made[-5].external_id}" in text
    assert "needs doing" in text
    assert len(english.get("/analytics/quality/data-quality.csv").getvalue().splitlines()) == 8

    client.force_login(build.operator(role=Role.LEAD, staff_userid="anna"))
    assert f"text={made[-5].external_id}" not in text_of(client)
    assert client.get("/analytics/quality/data-quality.csv").status_code == 404


def test_a_ledger_without_orders_shows_no_sign():
    assert {sign["level"] for sign in ledger_signs(now=NOW)["signs"]} == {"good"}


def test_a_figure_that_fails_leaves_the_others_and_what_the_night_before_found(english):
    orders(order(contact(), date(2026, 5, 4)))
    assert "ladder" in compute_night_figures(now=NOW)
    before = NightFigure.objects.get(key="ladder").found
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE contacts_orderitem RENAME TO elsewhere")
    with pytest.raises(Exception, match="contacts_orderitem"):
        compute_night_figures(now=NOW + timedelta(days=1))
    kept = {row.key: row for row in NightFigure.objects.all()}
    assert "contacts_orderitem" in kept["ladder"].error
    assert kept["ladder"].computed_at == NOW
    assert kept["referral"].computed_at == NOW + timedelta(days=1)
    assert kept["ladder"].found == before
    assert "calculation failed" in text_of(english, "/analytics/ladder/")
