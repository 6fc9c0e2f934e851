"""The order list."""

from __future__ import annotations

import pytest

from scrm.console.models import Role
from tests import build
from tests.contacts import rows

pytestmark = pytest.mark.django_db


def numbers(client, **query):
    return [order.external_id for order in client.get("/orders/", query).context["window"].rows]


def test_orders_are_filtered_by_source_match_number_and_day(operator_client):
    amy = rows.contact()
    rows.order(amy, external_id="A", days_ago=3)
    rows.order(amy, external_id="B", source="tmall")
    rows.order(None, external_id="C", contact=None)
    assert len(numbers(operator_client)) == 3
    assert numbers(operator_client, source="tmall") == ["B"]
    assert numbers(operator_client, match="waiting") == ["C"]
    assert numbers(operator_client, text="A") == ["A"]
    assert numbers(operator_client, paid_to="2026-03-08") == ["A"]


def test_orders_of_others_and_of_strangers_are_not_shown_to_a_lead(client):
    clerk = rows.staff(userid="lead")
    mine, other = rows.contact(), rows.contact()
    rows.follow(mine, clerk)
    rows.order(mine, external_id="mine")
    rows.order(other, external_id="other")
    rows.order(None, external_id="waiting", contact=None)
    client.force_login(build.operator(role=Role.LEAD, staff_userid="lead"))
    assert numbers(client) == ["mine"]


def test_the_order_list_asks_the_same_number_of_questions_for_one_and_fifty(
    operator_client, django_assert_max_num_queries
):
    amy = rows.contact()
    for _number in range(55):
        rows.order(amy)
    with django_assert_max_num_queries(12):
        operator_client.get("/orders/")


def test_a_lead_imports_no_orders(client):
    client.force_login(build.operator(role=Role.LEAD))
    assert client.get("/orders/import/").status_code == 403
