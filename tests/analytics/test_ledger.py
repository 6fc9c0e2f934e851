"""Ledger, orders and figures say the same to the fen, whatever comes in which order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.models import ContactMetrics, CustomerMonth
from analytics.selectors.overview import overview
from analytics.services.refresh import rebuild_metrics, refresh_metrics
from contacts.models import Contact, ContactFacts, Order, OrderEntry, ProductFigures
from contacts.services.facts import refresh_facts
from contacts.services.order_intake import take_rows
from contacts.services.order_ledger import check_ledger
from contacts.services.orders import match_waiting_orders
from contacts.services.product_figures import count_products

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
PEOPLE = ("u0", "u1", "u2")

orders = st.fixed_dictionaries(
    {
        "external_id": st.sampled_from(["A", "B", "C", "D"]),
        "paid_at": st.sampled_from(["2026-01-31 23:30:00", "2026-02-01", "2026-03-09 12:00:00"]),
        "amount_fen": st.integers(0, 9_999),
        "unionid": st.sampled_from(PEOPLE),
    },
    optional={
        "refunded_fen": st.integers(0, 9_999),
        "items": st.lists(
            st.fixed_dictionaries(
                {"sku": st.sampled_from(["t", "c", "p"]), "quantity": st.integers(1, 3)},
                optional={"amount_fen": st.integers(0, 5_000)},
            ),
            min_size=1,
            max_size=3,
        ),
    },
)
refunds = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["A", "B", "C", "D"]),
        "refund_id": st.sampled_from(["R1", "R2", "R3"]),
        "amount_fen": st.integers(1, 6_000),
    }
)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("orders"), st.lists(orders, min_size=1, max_size=4)),
        st.tuples(st.just("refunds"), st.lists(refunds, min_size=1, max_size=3)),
        st.tuples(st.just("joins"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("refresh"), st.none()),
    ),
    min_size=3,
    max_size=12,
)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=acts)
def test_sums_agree_to_the_fen_under_orders_refunds_and_late_matches(db, told):
    forget()
    now = START
    for act, what in told:
        now += timedelta(minutes=1)
        if act == "joins":
            joins(what, now=now)
        elif act == "refresh":
            refresh_metrics(now=now)
        else:
            take_rows(
                source="shop",
                now=now,
                origin=OrderEntry.Origin.API,
                **{act: list(enumerate(what))},
            )
    assert vars(check_ledger(now=now)) | {"orders": 0} == dict.fromkeys(
        ("orders", "opened", "mended", "senseless"), 0
    )
    for person in PEOPLE:
        joins(person, now=now)
    rebuild_metrics(now=now + timedelta(minutes=1))
    count_products(now=now)
    agree()


def agree():
    booked = sums(Order, amount="amount_fen", refunded="refunded_fen")
    entered = OrderEntry.objects.aggregate(net=Sum("amount_fen", default=0))["net"]
    paid = OrderEntry.objects.exclude(kind="refund").aggregate(s=Sum("amount_fen", default=0))["s"]
    net = booked["amount"] - booked["refunded"]
    assert (paid, entered) == (booked["amount"], net)
    assert sums(ContactMetrics, amount="revenue_fen", refunded="refunded_fen") == booked
    assert sums(ContactFacts, amount="revenue_fen", refunded="refunded_fen") == booked
    assert sums(CustomerMonth, net="net_fen")["net"] == net
    seen = overview(None)
    assert (seen.net_fen, seen.waiting_orders) == (net, 0)
    named = Order.objects.filter(items__isnull=False).distinct()
    with_items = Order.objects.filter(pk__in=named.values("pk"))
    assert sums(ProductFigures, a="revenue_fen", r="refunded_fen") == {
        "a": with_items.aggregate(s=Sum("amount_fen", default=0))["s"],
        "r": with_items.aggregate(s=Sum("refunded_fen", default=0))["s"],
    }


def sums(model, **columns):
    found = model.objects.aggregate(
        **{name: Sum(column, default=0) for name, column in columns.items()}
    )
    return {name: int(value) for name, value in found.items()}


def joins(unionid, *, now):
    if Contact.objects.filter(unionid=unionid).exists():
        return
    person = Contact.objects.create(
        external_userid=f"wm-{unionid}",
        name=unionid,
        unionid=unionid,
        first_followed_at=now,
        stage_since=now,
    )
    match_waiting_orders(now=now, contact_ids=[person.pk])
    refresh_facts(contact_ids=[person.pk])


def forget():
    """The examples of one test share its transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE contacts_contact CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED; TRUNCATE contacts_product CASCADE")
