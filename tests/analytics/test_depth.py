"""Customer equity, churn in depth, the product ladder: against counts by hand and the pure metrics."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from analytics.metrics.churn import monthly_churn
from analytics.metrics.purchases import OrderLines, merge_days
from analytics.models import ContactMetrics
from analytics.periods import Period
from analytics.selectors.leaving import inactive_months, leaving
from analytics.selectors.referral import referral
from analytics.selectors.scope import EVERYBODY, scope_of
from analytics.selectors.worth import worth
from analytics.services.night_figures import compute_night_figures
from analytics.services.refresh import rebuild_metrics
from analytics.services.renewal import renew
from contacts.models import Channel, Contact, Department, Follow, OrderItem, Product, Staff
from contacts.models.add_way import AddWay
from contacts.services.lifecycle import learn_thresholds
from scrm.console.models import Role
from tests import build
from tests.analytics.building import NOW, TODAY, contacts, order, orders, shop

pytestmark = pytest.mark.django_db

PAGES = ["/analytics/equity/", "/analytics/leaving/", "/analytics/ladder/"]


@pytest.fixture
def english(operator_client):
    operator_client.cookies["django_language"] = "en"
    return operator_client


def staff(*userids):
    return [
        Staff.objects.create(userid=name, name=name, department_wecom_ids=[number])
        for number, name in enumerate(userids, start=2)
    ]


def follow(member, person, *, days_ago=300, kept=None, **overrides):
    added = NOW - timedelta(days=days_ago)
    ended = {} if kept is None else {"status": "by_contact", "ended_at": added + timedelta(kept)}
    return Follow(staff=member, contact=person, added_at=added, **ended, **overrides)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_before_the_first_night_and_not_for_service_staff(english, client, page):
    text = english.get(page).content.decode()
    assert "the first time is still to come" in text
    assert "Appears" in text
    client.force_login(build.operator(role=Role.STAFF))
    assert client.get(page).status_code == 403


def test_the_split_is_the_ltv_and_equity_the_sum_of_the_forecasts(
    english, django_assert_max_num_queries
):
    shop()
    renew(now=NOW)
    found = worth(EVERYBODY, now=NOW)
    rows = list(ContactMetrics.objects.all())
    assert found["split"] == {
        "buyers": len(rows),
        "orders": sum(row.orders for row in rows),
        "net_fen": sum(row.net_fen for row in rows),
        "days_watched": sum((TODAY - row.first_on).days + 1 for row in rows),
    }
    assert found["equity"]["total_fen"] == sum(row.predicted_fen for row in rows)
    last = date.fromisoformat(found["before_on"])
    assert last == date(2025, 7, 31)
    known = [row for row in rows if row.first_on <= last]
    assert found["split_before"]["days_watched"] == sum(
        (last - row.first_on).days + 1 for row in known
    )
    assert 0 < found["soon"][0][1] < found["soon"][1][1] < len(rows)
    assert found["newcomer"]["value_fen"] > found["newcomer"]["first_fen"]
    with django_assert_max_num_queries(25):
        text = english.get("/analytics/equity/").content.decode()
    assert "no margin is entered" in text
    assert 'id="pareto-curve-chart"' in text
    assert len(english.get("/analytics/depth/pareto-curve.csv").getvalue().splitlines()) == 21


def test_months_of_churn_are_those_of_the_pure_metric():
    ledger = shop(80, days=500)
    learn_thresholds(now=NOW)
    days = merge_days(
        OrderLines(
            np.array([row.contact_id for row in ledger]),
            np.array([row.paid_on for row in ledger], dtype="datetime64[D]"),
            np.ones(len(ledger)),
        )
    )
    lost_days = leaving(EVERYBODY, now=NOW)["lost_after_days"]
    expected = [
        [f"{month.month}", month.at_start, month.lost, month.is_complete]
        for month in monthly_churn(days, lost_days=lost_days, as_of=TODAY)
    ]
    assert inactive_months(EVERYBODY, today=TODAY, months=100) == expected
    assert inactive_months(EVERYBODY, today=TODAY) == expected[-13:]
    assert any(lost for _month, _start, lost, _over in expected)


def test_relations_are_compared_by_channel_and_by_staff(english, client):
    anna, bert = staff("anna", "bert")
    Department.objects.create(wecom_id=2, name="Shop")
    Channel.objects.create(
        name="Booth", state="booth", kind="named", due_at=NOW, created_at=NOW, updated_at=NOW
    )
    people = contacts(120)
    Follow.objects.bulk_create(
        [
            *(follow(anna, each, state="booth", kept=n // 3 if n < 45 else None)
              for n, each in enumerate(people[:60])),
            *(follow(bert, each, add_way=AddWay.CARD, kept=200 if n == 0 else None)
              for n, each in enumerate(people[60:])),
        ]
    )  # fmt: skip
    found = leaving(EVERYBODY, now=NOW)
    assert [group[:3] for group in found["staff"]["groups"]] == [["anna", 60, 45], ["bert", 60, 1]]
    assert [group[0] for group in found["channels"]["groups"]] == ["#3", "Booth"]
    # Three on each of the first 15 days: after a week 24 of 60 are gone.
    assert found["staff"]["groups"][0][3][0] == pytest.approx(0.6)
    assert found["staff"]["test"][2] < 1e-6
    assert sum(band[3] for band in found["hazard"]) == 46
    assert found["hazard"][0][2:4] == [120, 3]

    compute_night_figures(now=NOW)
    text = english.get("/analytics/leaving/").content.decode()
    assert "The groups differ, and hardly by chance" in text
    assert (
        "Shared card"
        in english.get("/analytics/depth/unfriending-by-channel.csv").getvalue().decode()
    )
    client.force_login(build.operator(role=Role.LEAD, staff_userid="anna"))
    own = client.get("/analytics/depth/unfriending-by-staff.csv").getvalue().decode()
    assert "anna" in own
    assert "bert" not in own


def test_the_ladder_counts_first_and_second_purchase_days(english):
    tea, cup, pot = (
        Product.objects.create(sku=name, name=name, role=role)
        for name, role in (("tea", "traffic"), ("cup", ""), ("pot", "profit"))
    )
    people = contacts(6)
    plan = [
        (people[0], [[tea], [pot], [cup]]),  # the third day no longer counts
        (people[1], [[tea, cup], [tea, pot]]),
        (people[2], [[tea], [tea]]),
        (people[3], [[tea]]),
        (people[4], [[cup], [tea]]),
        (people[5], [[]]),
    ]
    for person, days in plan:
        for number, products in enumerate(days):
            (made,) = orders(order(person, TODAY - timedelta(days=90 - 10 * number)))
            OrderItem.objects.bulk_create([OrderItem(order=made, product=p) for p in products])
    rebuild_metrics(now=NOW)
    compute_night_figures(now=NOW)
    text = english.get("/analytics/ladder/").content.decode()
    # Of tea, tea and cup, tea, cup, who came back, two went on to the pot.
    assert "2 of 4 who began below profit" in text
    assert "5 buyers with known products on their first day; 1 without" in text
    rows = english.get("/analytics/depth/ladder-products.csv").getvalue().decode().splitlines()
    assert rows[1].split(",")[:4] == ["tea", "4", "3", "0.75"]
    assert rows[2].split(",")[:4] == ["cup", "2", "2", "1.0"]
    assert "pot 67%" in rows[1]
    roles = english.get("/analytics/depth/ladder-roles.csv").getvalue().decode().splitlines()
    assert roles[1].split(",")[1:] == ["1", "0", "1", "0", "0", "0"]
    assert roles[2].split(",")[1:] == ["4", "0", "1", "0", "2", "1"]


def test_referral_counts_newcomers_by_a_passed_on_card(english):
    anna, bert = staff("anna", "bert")
    Contact.objects.all().delete()
    since = NOW - timedelta(days=20)
    old = contacts(10)
    new = contacts(3, first_followed_at=since)
    Follow.objects.bulk_create(
        [
            *(follow(anna, each, add_way=AddWay.QR_CODE) for each in old),
            follow(anna, new[0], days_ago=20, add_way=AddWay.CARD),
            follow(anna, new[1], days_ago=20, add_way=AddWay.COLLEAGUE),
            # Whoever adds a second member by card was there before.
            follow(anna, new[2], days_ago=20, add_way=AddWay.QR_CODE),
            follow(bert, new[2], days_ago=5, add_way=AddWay.CARD),
        ]
    )
    found = referral(EVERYBODY, Period(TODAY - timedelta(days=29), TODAY))
    assert (found.existing, found.newcomers, found.referred) == (10, 3, 1)
    assert found.rate is None
    assert found.at_most == 0.1
    compute_night_figures(now=NOW)
    text = english.get("/analytics/equity/").content.decode()
    assert "≤ 10.00%" in text
    assert "last month: 1 of 3 newcomers" in text
    lead = build.operator(role=Role.LEAD, staff_userid="bert")
    own = referral(scope_of(lead), Period(TODAY - timedelta(days=29), TODAY))
    assert (own.existing, own.newcomers) == (0, 1)
