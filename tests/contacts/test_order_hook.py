"""Shops send orders signed: kept before they are booked, never twice, and every refusal is seen."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Order, OrderDelivery, OrderEntry
from contacts.services import order_deliveries, order_sources
from contacts.services.order_deliveries import clear, take_due
from scrm.console.models import Role
from scrm.errors import InvalidInput
from scrm.signatures import signature
from tests import build
from tests.contacts import rows

pytestmark = pytest.mark.django_db

ORDER = {
    "external_id": "A1",
    "paid_at": "2026-03-10 09:30:00",
    "amount_fen": 12_900,
    "phone": "138-0000-1111",
    "items": [{"sku": "T1", "name": "Tea", "quantity": 2}],
}
REFUND = {"order_id": "A1", "refund_id": "R1", "amount_fen": 900}


@pytest.fixture
def shop(operator):
    return order_sources.create_source(
        name="tmall", label="Tmall", operator=operator, now=timezone.now()
    )


@pytest.fixture
def send(client, shop):
    def sent(message, *, secret=None, at=None, seconds_off=0, name="tmall", **headers):
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        stamp = int(at or time.time()) + seconds_off
        signed = signature(secret or order_sources.secret_of(shop), timestamp=stamp, body=body)
        told = {"X-SCRM-Timestamp": str(stamp), "X-SCRM-Signature": signed, **headers}
        return client.post(
            f"/hooks/orders/{name}/", body, content_type="application/json", headers=told
        )

    return sent


def later(**span):
    return timezone.now() + timedelta(**span)


def test_an_order_is_kept_and_then_booked(send):
    buyer = rows.contact(unionid="", phone="13800001111")
    answer = send({"orders": [ORDER], "refunds": [REFUND]})
    assert (answer.status_code, answer.json()["known"]) == (202, False)
    assert not Order.objects.exists()
    assert take_due(now=later()) == 1
    order = Order.objects.get(source="tmall")
    assert (order.contact_id, order.amount_fen, order.refunded_fen) == (buyer.pk, 12_900, 900)
    assert set(order.entries.values_list("origin", flat=True)) == {"webhook"}
    delivery = OrderDelivery.objects.get()
    assert (delivery.state, delivery.counts["new"], delivery.counts["refunds_new"]) == (
        "done",
        1,
        1,
    )


def test_a_copy_changes_nothing(send):
    now = time.time()
    first, copy = send({"orders": [ORDER]}, at=now), send({"orders": [ORDER]}, at=now)
    assert (first.status_code, copy.status_code) == (202, 200)
    assert copy.json() == {"delivery": first.json()["delivery"], "state": "waiting", "known": True}
    send({"orders": [ORDER]}, at=now + 1)
    assert take_due(now=later()) == 2
    assert OrderEntry.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_other"},
        {"seconds_off": -301},
        {"seconds_off": 600},
        {"name": "jd"},
        {"X-SCRM-Signature": ""},
        {"X-SCRM-Signature": "v1=é"},
        {"X-SCRM-Timestamp": "yesterday"},
    ],
    ids=["secret", "stale", "early", "unknown shop", "unsigned", "odd signature", "odd time"],
)
def test_who_is_not_the_shop_now_writes_nothing(send, wrong):
    assert send({"orders": [ORDER]}, **wrong).status_code == 403
    assert not OrderDelivery.objects.exists()


def test_a_changed_body_does_not_fit_its_signature(client, send, shop):
    stamp = int(time.time())
    signed = signature(order_sources.secret_of(shop), timestamp=stamp, body=b'{"orders": [1]}')
    headers = {"X-SCRM-Timestamp": str(stamp), "X-SCRM-Signature": signed}
    answer = client.post(
        "/hooks/orders/tmall/", b'{"orders": [2]}', content_type="text/plain", headers=headers
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("message", "status", "field"),
    [
        (b"no json", 400, "body"),
        (b'{"orders": ["\xff"]}', 400, "body"),
        ({"orders": []}, 400, "orders"),
        ({"refunds": {"a": 1}}, 400, "refunds"),
        ({"orders": [1] * 1001}, 400, "orders"),
        (b"[" * 100_000, 400, "body"),
        (b" " * (2 * 1024 * 1024 + 1), 413, None),
    ],
)
def test_what_is_no_message_is_refused_at_once(send, message, status, field):
    answer = send(message)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert not OrderDelivery.objects.exists()


def test_the_secret_before_opens_for_a_day_after_the_renewal(send, shop, operator):
    old = order_sources.secret_of(shop)
    order_sources.renew_secret(source=shop, operator=operator, now=later(hours=-23))
    shop.refresh_from_db()
    assert send({"orders": [ORDER]}, secret=old).status_code == 202
    assert send({"orders": [ORDER, ORDER]}).status_code == 202
    order_sources.renew_secret(source=shop, operator=operator, now=later(hours=-25))
    assert send({"orders": [1]}, secret=old).status_code == 403


def test_a_shop_that_is_switched_off_is_not_let_in(send, shop, operator):
    order_sources.switch_source(source=shop, active=False, operator=operator, now=timezone.now())
    assert send({"orders": [ORDER]}).status_code == 403


def test_a_refund_that_overtakes_its_order_waits_for_it(send):
    send({"refunds": [REFUND]})
    take_due(now=later())
    waiting = OrderDelivery.objects.get()
    assert (waiting.state, waiting.refused[0]["code"]) == ("waiting", "unknown_order")
    send({"orders": [ORDER]})
    assert take_due(now=later()) == 1
    assert take_due(now=later(minutes=2)) == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.refused) == ("done", [])
    assert Order.objects.get().refunded_fen == 900


def test_a_refund_of_no_order_is_given_up_after_a_day(send):
    send({"refunds": [REFUND]})
    take_due(now=later())
    take_due(now=later(hours=25))
    assert OrderDelivery.objects.get().state == "failed"


def test_only_refused_rows_are_taken_again(send, operator_client, shop):
    bad = {**ORDER, "external_id": "A2", "amount_fen": "129.00"}
    send({"orders": [ORDER, bad, 7]})
    take_due(now=later())
    delivery = OrderDelivery.objects.get()
    assert delivery.state == "partly"
    assert [(r["row"], r["field"], r["code"]) for r in delivery.refused] == [
        (1, "amount_fen", "not_fen"),
        (2, "", "not_a_row"),
    ]
    # Meanwhile the order was corrected; the old message must not undo it.
    send({"orders": [{**ORDER, "amount_fen": 10_000}]})
    take_due(now=later())
    operator_client.post(f"/order-sources/{shop.pk}/replay/", {"which": "refused"})
    assert take_due(now=later()) == 1
    delivery.refresh_from_db()
    assert (delivery.state, len(delivery.refused)) == ("partly", 2)
    assert Order.objects.get().amount_fen == 10_000


def test_old_messages_are_removed_refused_ones_later(send):
    send({"orders": [ORDER]})
    send({"orders": [7]})
    send({"orders": [8]})
    take_due(now=later())
    OrderDelivery.objects.filter(body='{"orders": [8]}').update(state="waiting", due_at=later())
    assert clear(now=later(days=31)) == 1
    assert clear(now=later(days=91)) == 1
    assert OrderDelivery.objects.get().state == "waiting"


def test_the_pages_make_a_source_show_its_secret_once_and_mask_phones(operator_client):
    made = operator_client.post("/order-sources/new/", {"name": "jd", "label": "JD"}, follow=True)
    source = made.context["source"]
    secret = order_sources.secret_of(source)
    assert secret in made.content.decode()
    order_deliveries.store(
        source=source,
        timestamp=1,
        body=json.dumps({"orders": [{**ORDER, "phone": "13800001111"}, 7]}).encode(),
        now=timezone.now(),
    )
    take_due(now=later())
    text = operator_client.get(f"/order-sources/{source.pk}/").content.decode()
    assert secret not in text
    assert "138****1111" in text
    assert "13800001111" not in text
    assert "orders[1]" in text
    assert "JD" in operator_client.get("/order-sources/").content.decode()
    refused = operator_client.post("/order-sources/new/", {"name": "jd", "label": "Again"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["name"])


def test_names_of_sources_fit_into_an_address(operator):
    with pytest.raises(InvalidInput) as refused:
        order_sources.create_source(name="Tmall!", label="x", operator=operator, now=timezone.now())
    assert refused.value.field == "name"


def test_a_lead_sees_no_messages_of_shops(client, shop):
    client.force_login(build.operator(role=Role.LEAD))
    assert client.get(f"/order-sources/{shop.pk}/").status_code == 403
