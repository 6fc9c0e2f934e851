"""Orders and refunds over the API: in bulk, repeatable, each refused row named with its field."""

from __future__ import annotations

import pytest
from django.utils import timezone
from rest_framework.authtoken.models import Token

from contacts.models import ContactFacts, LifecycleTransition, Order, Product
from contacts.services.facts import refresh_facts
from scrm.audit.models import AuditEntry
from scrm.console.models import Role, TokenScope
from tests import build
from tests.contacts import rows

pytestmark = pytest.mark.django_db

PAID_AT = timezone.now().isoformat()


@pytest.fixture
def api(client):
    token = Token.objects.create(user=build.operator(role=Role.OPERATOR))
    client.defaults["HTTP_AUTHORIZATION"] = f"Token {token.key}"
    client.token = token
    return client


def send(api, what, told, source="shop"):
    return api.post(
        f"/api/v1/orders/{what}/",
        {"source": source, "orders" if what == "bulk" else "refunds": told},
        content_type="application/json",
    )


def order(number, **more):
    return {
        "external_id": number,
        "paid_at": PAID_AT,
        "amount_fen": 1000,
        "unionid": "u1",
        **more,
    }


def test_orders_are_made_corrected_and_not_made_twice(api):
    buyer = rows.contact(unionid="u1")
    refresh_facts(contact_ids=[buyer.pk])
    items = [{"sku": "T1", "name": "Tea", "quantity": 2, "amount_fen": 700}, {"name": "Cup"}]
    first = send(api, "bulk", [order("1", items=items), order(2)]).json()
    again = send(api, "bulk", [order("1"), order("2", amount_fen=900)]).json()
    assert (first["new"], first["refused"]) == (2, [])
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 1, 1)
    facts = ContactFacts.objects.get(pk=buyer.pk)
    assert (facts.order_count, facts.revenue_fen) == (2, 1900)
    assert LifecycleTransition.objects.get().to_stage == "first"
    assert set(Product.objects.values_list("sku", "name")) == {("T1", "Tea"), ("Cup", "Cup")}
    acts = AuditEntry.objects.filter(action="order.take_rows").order_by("pk")
    assert [act.details["new"] for act in acts] == [2, 0]


def test_a_bad_row_is_named_and_stops_no_other(api):
    told = [
        order("1"),
        order("2", amount_fen=-5),
        order("1"),
        {"external_id": "4", "paid_at": "soon", "amount_fen": 1},
        order("5", refunded_fen=1001),
        order("6", items=[{"quantity": 0}]),
        "x",
        order("8", unionid="\ud800"),
        order("9", amount_fen=True),
    ]
    answer = send(api, "bulk", told).json()
    assert answer["new"] == 1
    assert [(r["row"], r["field"], r["code"]) for r in answer["refused"]] == [
        (1, "amount_fen", "not_fen"),
        (2, "external_id", "twice"),
        (3, "paid_at", "not_a_date"),
        (3, "external_userid / unionid / phone / customer_id", "no_buyer"),
        (4, "refunded_fen", "refund_over_amount"),
        (5, "items[0].quantity", "not_a_quantity"),
        (5, "items[0].sku", "missing"),
        (6, "", "not_a_row"),
        (7, "unionid", "not_text"),
        (7, "external_userid / unionid / phone / customer_id", "no_buyer"),
        (8, "amount_fen", "not_fen"),
    ]
    assert answer["refused"][0]["message"]


def test_refunds_are_booked_once_and_show_in_the_ledger(api):
    send(api, "bulk", [order("1")])
    told = [
        {"order_id": "1", "refund_id": "R1", "amount_fen": 300},
        {"order_id": "1", "refund_id": "R2", "amount_fen": 800},
        {"order_id": "9", "refund_id": "R3", "amount_fen": 1},
        {"order_id": "1", "refund_id": "", "amount_fen": 0},
    ]
    answer = send(api, "refunds", told).json()
    again = send(api, "refunds", told[:1]).json()
    assert (answer["refunds_new"], again["refunds_new"], again["refunds_known"]) == (1, 0, 1)
    assert [(r["row"], r["field"], r["code"]) for r in answer["refused"]] == [
        (3, "refund_id", "missing"),
        (3, "amount_fen", "not_fen"),
        (1, "amount_fen", "refund_over_amount"),
        (2, "order_id", "unknown_order"),
    ]
    pk = Order.objects.get().pk
    entries = api.get(f"/api/v1/orders/{pk}/entries/").json()
    assert [(entry["kind"], entry["amount_fen"]) for entry in entries] == [
        ("sale", 1000),
        ("refund", -300),
    ]
    # A total below what was given back is named, too.
    below = send(api, "bulk", [order("1", amount_fen=299)]).json()
    assert [(r["field"], r["code"]) for r in below["refused"]] == [
        ("amount_fen", "amount_under_refund")
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "source"),
        ({"source": "a b", "orders": [1]}, "source"),
        ({"source": "shop", "orders": []}, "orders"),
        ({"source": "shop", "orders": {"a": 1}}, "orders"),
        ({"source": "shop", "orders": [1] * 1001}, "orders"),
        ([1], "source"),
    ],
)
def test_a_message_that_is_none_is_refused_whole(api, body, field):
    answer = api.post("/api/v1/orders/bulk/", body, content_type="application/json")
    assert answer.status_code == 400
    assert field in answer.json()


def test_sending_needs_the_right_to_import_and_a_writing_token(api, client):
    TokenScope.objects.create(token=api.token, areas=["orders"], is_read_only=True)
    assert send(api, "bulk", [order("1")]).status_code == 403
    client.defaults.pop("HTTP_AUTHORIZATION")
    lead = Token.objects.create(user=build.operator(role=Role.LEAD))
    client.defaults["HTTP_AUTHORIZATION"] = f"Token {lead.key}"
    assert send(client, "refunds", []).status_code == 403
