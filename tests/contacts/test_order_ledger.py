"""The ledger of orders: every change of money is an entry, and the entries are the order."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import Sum

from contacts.models import ContactFacts, Order, OrderEntry
from contacts.rules.order_lines import Fault, RefundLine
from contacts.services.order_faults import InvalidOrderFile
from contacts.services.order_ledger import check_ledger
from contacts.services.order_refunds import book_refunds
from contacts.services.orders import import_orders, match_waiting_orders
from scrm.audit.models import AuditEntry
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db

HEADER = "order_id,unionid,phone,paid_at,amount,refunded\n"
LATER = NOW + timedelta(days=2)


@pytest.fixture
def take(tmp_path):
    def imported(text, *, now=NOW):
        path = tmp_path / "orders.csv"
        path.write_text(text)
        return import_orders(path=path, source="shop", now=now)

    return imported


def refund(number, order="1", fen=250, **more):
    return RefundLine(line=0, order_id=order, refund_id=number, amount_fen=fen, **more)


def book(*lines, now=NOW):
    return book_refunds(lines=lines, source="shop", now=now, origin=OrderEntry.Origin.API)


def ledger(number="1"):
    entries = OrderEntry.objects.filter(order__external_id=number).order_by("pk")
    return [(entry.kind, entry.amount_fen) for entry in entries]


def columns(number="1"):
    order = Order.objects.get(external_id=number)
    return order.amount_fen, order.refunded_fen


def test_totals_of_files_become_entries_of_what_changed(take):
    take(f"{HEADER}1,u1,,2026-03-01,10.00,\n")
    take(f"{HEADER}1,u1,,2026-03-01,10.00,2.50\n", now=LATER)
    take(f"{HEADER}1,u1,,2026-03-01,9.00,1.00\n", now=LATER)
    take(f"{HEADER}1,u1,,2026-03-01,9.00,1.00\n", now=LATER)
    assert ledger() == [
        ("sale", 1000),
        ("refund", -250),
        ("correction", -100),
        ("refund", 150),
    ]
    assert columns() == (900, 100)
    days = list(OrderEntry.objects.order_by("pk").values_list("happened_on", flat=True))
    assert [str(day) for day in days] == ["2026-03-01", "2026-03-12", "2026-03-12", "2026-03-12"]


def test_an_order_that_comes_refunded_counts_its_refund_on_its_own_day(take):
    take(f"{HEADER}1,u1,,2026-03-01,10.00,2.50\n")
    refunded = OrderEntry.objects.get(kind="refund")
    assert (str(refunded.happened_on), refunded.origin) == ("2026-03-01", "file")


def test_a_file_that_tells_no_refunds_takes_none_back(take):
    take(f"{HEADER}1,u1,,2026-03-01,10.00,\n")
    book(refund("R1"))
    report = take("order_id,unionid,paid_at,amount\n1,u1,2026-03-01,10.00\n")
    assert (report.unchanged, report.refunded_fen) == (1, 250)
    assert ledger() == [("sale", 1000), ("refund", -250)]


def test_a_sign_of_the_buyer_that_is_left_out_is_not_forgotten(take):
    friend = rows.contact(unionid="u1")
    take(f"{HEADER}1,u1,,2026-03-01,10.00,\n")
    report = take("order_id,phone,paid_at,amount\n1,13800001111,2026-03-01,10.00\n")
    order = Order.objects.get()
    assert (report.changed, order.contact_id) == (1, friend.pk)
    assert (order.buyer_unionid, order.buyer_phone) == ("u1", "13800001111")


def test_an_amount_is_never_corrected_below_what_was_given_back(take):
    take(f"{HEADER}1,u1,,2026-03-01,10.00,\n")
    book(refund("R1", fen=800))
    with pytest.raises(InvalidOrderFile) as refused:
        take("order_id,unionid,paid_at,amount\n1,u1,2026-03-01,7.99\n")
    problem = refused.value.problems[0]
    assert (problem.line, problem.column, problem.fault) == (2, "amount", Fault.AMOUNT_UNDER_REFUND)
    assert columns() == (1000, 800)


def test_a_refund_is_known_by_its_number(take):
    buyer = rows.contact(unionid="u1")
    take(f"{HEADER}1,u1,,2026-03-01,10.00,\n2,u1,,2026-03-01,10.00,\n")
    first = book(refund("R1"), refund("R2", refunded_at=LATER), refund("R1"))
    again = book(refund("R1"), refund("R2"))
    assert (first.new, first.known, first.refunded_fen) == (2, 1, 500)
    assert (again.new, again.known) == (0, 2)
    assert columns() == (1000, 500)
    assert ContactFacts.objects.get(pk=buyer.pk).refunded_fen == 500
    assert str(OrderEntry.objects.get(external_id="R2").happened_on) == "2026-03-12"


@pytest.mark.parametrize(
    ("line", "column", "fault"),
    [
        (refund("R9", order="77"), "order_id", Fault.UNKNOWN_ORDER),
        (refund("R9", fen=751), "amount", Fault.REFUND_OVER_AMOUNT),
        (refund("R1", fen=300), "amount", Fault.REFUND_CHANGED),
        (refund("R1", order="2"), "refund_id", Fault.REFUND_OF_ANOTHER),
    ],
)
def test_a_refund_that_cannot_be_is_refused_with_its_field(take, line, column, fault):
    take(f"{HEADER}1,u1,,2026-03-01,10.00,\n2,u1,,2026-03-01,10.00,\n")
    book(refund("R1"))
    answer = book(line, refund("R8", order="2"))
    assert [(problem.column, problem.fault) for problem in answer.refused] == [(column, fault)]
    assert answer.new == 1
    assert columns() == (1000, 250)


def test_an_order_keeps_by_which_sign_it_found_its_customer(take):
    by_phone = rows.contact(unionid="", phone="13800001111")
    take(f"{HEADER}1,,13800001111,2026-03-01,10.00,\n2,u9,,2026-03-01,10.00,\n")
    late = rows.contact(unionid="u9")
    match_waiting_orders(now=LATER, contact_ids=[late.pk])
    found = {o.external_id: o for o in Order.objects.all()}
    assert (found["1"].contact_id, found["1"].match_kind) == (by_phone.pk, "phone")
    assert (found["2"].contact_id, found["2"].match_kind) == (late.pk, "unionid")
    assert (found["1"].matched_at, found["2"].matched_at) == (NOW, LATER)


def test_the_check_opens_missing_ledgers_and_trusts_entries_over_columns(take):
    buyer = rows.contact(unionid="u1")
    take(f"{HEADER}1,u1,,2026-03-01,10.00,4.00\n")
    older = rows.order(buyer, external_id="old", amount_fen=500, refunded_fen=20)
    Order.objects.filter(external_id="1").update(amount_fen=999)
    found = check_ledger(now=LATER)
    assert (found.orders, found.opened, found.mended, found.senseless) == (2, 1, 1, 0)
    assert columns() == (1000, 400)
    assert ledger("old") == [("sale", 500), ("refund", -20)]
    assert AuditEntry.objects.get().details["first_orders"] == sorted(
        [older.pk, Order.objects.get(external_id="1").pk]
    )
    assert vars(check_ledger(now=LATER)) == {"orders": 2, "opened": 0, "mended": 0, "senseless": 0}
    assert AuditEntry.objects.count() == 1


def test_orders_from_before_the_ledger_get_their_opening_entries():
    rows.order(None, external_id="a", amount_fen=500)
    rows.order(None, external_id="b", amount_fen=700, refunded_fen=200)
    opening = import_module("contacts.migrations.0019_order_ledger").OPENING
    with connection.cursor() as cursor:
        for statement in opening.split(";")[:2]:
            cursor.execute(statement)
    assert (ledger("a"), ledger("b")) == ([("sale", 500)], [("sale", 700), ("refund", -200)])
    assert OrderEntry.objects.aggregate(net=Sum("amount_fen"))["net"] == 1000
    assert check_ledger(now=NOW).opened == 0
