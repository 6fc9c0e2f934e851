"""The pages of analytics: what they show, to whom, and with how many questions to the database."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from analytics.board.datasets import DATASETS
from analytics.board.figures import Figures
from analytics.metrics.registry import METRICS
from analytics.selectors.scope import EVERYBODY
from analytics.services.refresh import rebuild_metrics
from analytics.services.renewal import renew
from contacts.models import Department, Follow, Staff
from contacts.services.segments import create_segment
from scrm.console.models import Role
from tests import build
from tests.analytics.building import NOW, TODAY, contact, contacts, order, orders, shop

pytestmark = pytest.mark.django_db

PAGES = [
    *("/analytics/", "/analytics/repurchase/", "/analytics/churn/", "/analytics/flow/"),
    *("/analytics/rfm/", "/analytics/definitions/", "/analytics/quality/"),
]

# The figures of the home page, in their order.
HOME = ["ltv-historic", "repurchase-rate", "referral-rate", "effective-customers", "growth"]


def follow(staff, customer, **overrides):
    values = {"added_at": NOW - timedelta(days=300), **overrides}
    return Follow.objects.create(staff=staff, contact=customer, **values)


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_before_there_is_any_data(operator_client, page):
    assert operator_client.get(page).status_code == 200


@pytest.mark.parametrize("page", [*PAGES, "/analytics/revenue.csv"])
def test_service_staff_see_no_figures_of_the_shop(client, page):
    client.force_login(build.operator(role=Role.STAFF))
    assert client.get(page).status_code == 403


@pytest.mark.parametrize("page", [*PAGES, "/analytics/revenue.csv"])
def test_a_stranger_is_sent_to_the_log_in_page(client, page):
    assert client.get(page).status_code == 302


def test_the_empty_page_says_what_to_do_next(operator_client):
    orders(order(None, TODAY, 5_000), order(None, TODAY, 2_500))
    with override("en"):
        operator_client.cookies["django_language"] = "en"
        text = operator_client.get("/analytics/").content.decode()
    assert 'href="/orders/import/"' in text
    assert "2 orders of ¥75.00 wait for their customers" in text
    assert "0 of 500 buyers" in text


def test_a_page_needs_the_same_few_queries_however_many_customers(
    operator_client, django_assert_max_num_queries
):
    shop(650)
    renew(now=timezone.now())
    shown = ""
    segment = create_segment(name="All", rule={"all": []}, now=timezone.now()).pk
    for page, most in (("", 75), ("repurchase/", 75), ("churn/", 75), ("flow/", 75), ("rfm/", 30)):
        with django_assert_max_num_queries(most):
            response = operator_client.get(f"/analytics/{page}?compare=previous&segment={segment}")
        assert response.status_code == 200
        shown += response.content.decode()
    # Some have a chart for each segment.
    ids = {key: {f'id="{key}"', f'id="{key}-{segment}"'} for key in DATASETS}
    assert [key for key, at in ids.items() if not any(each in shown for each in at)] == ["growth"]


def test_the_home_page_shows_value_first(operator_client, django_assert_max_num_queries):
    shop(20)
    rebuild_metrics(now=NOW)
    with django_assert_max_num_queries(100):
        text = operator_client.get("/").content.decode()
    with override("zh-hans"):
        places = [text.index(f"definitions/#{metric}") for metric in HOME]
        assert places == sorted(places)


def test_every_chart_has_a_definition(operator_client):
    shown = operator_client.get("/analytics/definitions/").content.decode()
    figures = Figures(scope=EVERYBODY, now=NOW)
    for make in DATASETS.values():
        assert f'id="{make(figures).metric}"' in shown
    for key in METRICS:
        assert f'id="{key}"' in shown


def test_every_chart_can_be_downloaded(operator_client):
    shop(60)
    rebuild_metrics(now=NOW)
    for key in DATASETS:
        response = operator_client.get(f"/analytics/{key}.csv?compare=previous")
        assert response.headers["Content-Type"].startswith("text/csv")
        header, *rows = rows_of(response)
        assert all(len(row) == len(header) for row in rows), key


def test_an_unknown_download_is_not_found(operator_client):
    assert operator_client.get("/analytics/passwords.csv").status_code == 404


def test_the_download_of_revenue_adds_up_to_the_ledger(operator_client):
    ledger = shop(80)
    rebuild_metrics(now=NOW)
    _header, *rows = rows_of(operator_client.get("/analytics/revenue.csv"))
    total = sum(round(100 * (float(row[1]) + float(row[2]))) for row in rows)
    assert total == sum(row.net_fen for row in ledger)


def test_a_lead_sees_the_figures_of_the_own_department_only(client):
    Department.objects.create(wecom_id=2, name="Shop")
    own, other = (
        Staff.objects.create(userid=name, name=name, department_wecom_ids=[number])
        for number, name in enumerate(("anna", "bert"), start=2)
    )
    alice, bob = contacts(2)
    follow(own, alice)
    follow(other, bob)
    orders(order(alice, TODAY, 1_000), order(bob, TODAY, 50_000))
    rebuild_metrics(now=NOW)
    lead = build.operator(role=Role.LEAD, staff_userid="anna")
    client.force_login(lead)
    client.cookies["django_language"] = "en"
    assert "500.00" not in client.get("/analytics/").content.decode()
    _header, *rows = rows_of(client.get("/analytics/revenue.csv"))
    assert sum(float(row[1]) + float(row[2]) for row in rows) == 10
    overview = client.get("/api/v1/analytics/overview/").json()
    assert (overview["customers"], overview["net_fen"]) == (1, 1_000)


def test_the_api_gives_overview_and_cohorts(operator_client):
    orders(
        order(contact(), date(2026, 5, 4), 700, refunded_fen=200),
        order(contact(), date(2026, 5, 9), 300),
    )
    rebuild_metrics(now=NOW)
    overview = operator_client.get("/api/v1/analytics/overview/").json()
    assert (overview["buyers"], overview["net_fen"], overview["ltv_fen"]) == (2, 800, 400)
    assert overview["predicted_365_fen"] is None
    (cohort,) = operator_client.get("/api/v1/analytics/cohorts/").json()
    assert (cohort["month"], cohort["size"], cohort["retention"][0]) == ("2026-05-01", 2, 1.0)


def test_the_api_refuses_service_staff(client):
    client.force_login(build.operator(role=Role.STAFF))
    assert client.get("/api/v1/analytics/overview/").status_code == 403
    assert client.get("/api/v1/analytics/cohorts/").status_code == 403
