"""Orders come in from files: exactly, repeatably, and matched with their buyers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from contacts.models import ContactFacts, LifecycleTransition, Order, OrderItem, Product
from contacts.rules.order_lines import Fault
from contacts.services.facts import refresh_facts
from contacts.services.order_faults import InvalidOrderFile
from contacts.services.orders import import_orders, match_waiting_orders
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db

HEADER = "order_id,unionid,phone,paid_at,amount,refunded\n"


@pytest.fixture
def take(tmp_path):
    """Write a file and import it."""

    def imported(text, *, encoding="utf-8", **options):
        path = tmp_path / "orders.csv"
        path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        return import_orders(path=path, now=NOW, **{"source": "shop", **options})

    return imported


def test_money_and_days_are_exact(take):
    take(
        "order_no,date,amount,customer_id\n"
        "A1,2026-03-01,0.29,c1\n"
        "A2,2026-03-01 23:59:59,19.9,c1\n"
        "A3,2026-03-01T18:30:00Z,¥7,c1\n"
        "A4,2026/3/5 9:05,0,c1\n"
    )
    found = {order.external_id: order for order in Order.objects.all()}
    assert [found[key].amount_fen for key in ("A1", "A2", "A3", "A4")] == [29, 1990, 700, 0]
    assert found["A1"].paid_at == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert found["A2"].paid_on == date(2026, 3, 1)
    assert found["A3"].paid_on == date(2026, 3, 2)  # already the next day in Shanghai
    assert found["A4"].paid_at == datetime(2026, 3, 5, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_from_spreadsheets_are_understood(take, encoding):
    text = "订单号,付款时间,实付金额,手机号,商品,数量\n001,2026-03-01,88.00,138-0000-1111,绿茶,2\n"
    assert take(text, encoding=encoding).new == 1
    assert Order.objects.get().buyer_phone == "13800001111"
    item = OrderItem.objects.get()
    assert (item.product.name, item.quantity) == ("绿茶", 2)


def test_a_packed_file_is_understood(take):
    assert take(gzip.compress(f"{HEADER}1,u1,,2026-03-01,1.00,\n".encode())).new == 1


def test_a_second_import_changes_nothing(take):
    text = f"{HEADER}1,u1,,2026-03-01,10.00,\n2,u2,,2026-03-02,20.00,5\n"
    first = take(text)
    stamp = Order.objects.get(external_id="1").imported_at
    again = take(text)
    assert (first.new, first.changed, first.unchanged) == (2, 0, 0)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert (again.revenue_fen, again.refunded_fen) == (3000, 500)
    assert Order.objects.get(external_id="1").imported_at == stamp


def test_a_refund_changes_its_order_only(take):
    person = rows.contact(unionid="u1")
    take(f"{HEADER}1,u1,,2026-03-01,10.00,\n2,u1,,2026-03-02,20.00,\n")
    report = take(f"{HEADER}1,u1,,2026-03-01,10.00,2.50\n2,u1,,2026-03-02,20.00,\n")
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)
    facts = ContactFacts.objects.get(pk=person.pk)
    assert (facts.order_count, facts.revenue_fen, facts.refunded_fen) == (2, 3000, 250)


def test_equal_lines_without_number_stay_separate_and_are_added_once(take):
    text = "customer_id,date,amount\n7,1997-01-01,11.77\n7,1997-01-01,11.77\n8,1997-01-01,11.77\n"
    assert take(text).new == 3
    assert take(text).unchanged == 3
    more = take(text + "7,1997-01-01,11.77\n")
    assert (more.new, more.unchanged) == (1, 3)


def test_a_refund_finds_its_line_without_number(take):
    take("customer_id,date,amount,refunded\n7,1997-01-01,11.77,0\n")
    assert take("customer_id,date,amount,refunded\n7,1997-01-01,11.77,1\n").changed == 1


def test_lines_of_one_order_number_are_its_products(take):
    header = "order_id,unionid,paid_at,amount,product,sku,quantity\n"
    take(f"{header}1,u1,2026-03-01,30.00,Tea,T1,1\n1,u1,2026-03-01,30.00,Cup,C1,2\n")
    assert (Order.objects.count(), Product.objects.count()) == (1, 2)
    take(f"{header}1,u1,2026-03-01,30.00,Tea,T1,3\n")
    assert [(item.product.sku, item.quantity) for item in OrderItem.objects.all()] == [("T1", 3)]


def test_one_number_for_two_orders_is_refused(take):
    with pytest.raises(InvalidOrderFile) as refused:
        take(f"{HEADER}1,u1,,2026-03-01,10.00,\n1,u1,,2026-03-01,11.00,\n")
    assert [problem.fault for problem in refused.value.problems] == [Fault.ANOTHER_ORDER]
    assert not Order.objects.exists()


def test_every_bad_value_is_named_and_nothing_is_written(take):
    text = HEADER + (
        "1,u1,,2026-03-01,10.00,\n"
        "2,,,2026-03-01,10.00,\n"
        "3,u1,,yesterday,10.00,\n"
        "4,u1,,2026-02-30,10.00,\n"
        '5,u1,,2026-03-01,"1,000.00",\n'
        "6,u1,,2026-03-01,-3.00,\n"
        "7,u1,,2026-03-01,3.005,\n"
        "8,u1,,2026-03-01,3.00,4.00\n"
        ",u1,,2026-03-01,3.00,\n"
        "10,u1,,2026-03-01,,\n"
        "11,u1,,2026-03-01,1e3,\n"
    )
    with pytest.raises(InvalidOrderFile) as refused:
        take(text)
    assert [(p.line, p.column, p.fault) for p in refused.value.problems] == [
        (3, "unionid / phone", Fault.NO_BUYER),
        (4, "paid_at", Fault.NOT_A_DATE),
        (5, "paid_at", Fault.NOT_A_DATE),
        (6, "amount", Fault.NOT_AN_AMOUNT),
        (7, "amount", Fault.NEGATIVE),
        (8, "amount", Fault.TOO_MANY_DECIMALS),
        (9, "refunded", Fault.REFUND_OVER_AMOUNT),
        (10, "order_id", Fault.MISSING),
        (11, "amount", Fault.MISSING),
        (12, "amount", Fault.NOT_AN_AMOUNT),
    ]
    assert "yesterday" in str(refused.value)
    assert not Order.objects.exists()


def test_only_the_first_20_problems_are_listed_but_all_are_counted(take):
    bad = "".join(f"{number},u1,,2026-03-01,x,\n" for number in range(500))
    with pytest.raises(InvalidOrderFile) as refused:
        take(HEADER + bad)
    assert (len(refused.value.problems), refused.value.total) == (20, 500)
    assert "500" in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"amount\n1\n",
        b"paid_at,amount\n2026-03-01,1\n",
        b"\x89PNG\r\n\x1a\n\xff\xfe\x00",
        b"\x1f\x8bxx",
    ],
)
def test_what_is_no_order_file_is_refused(take, content):
    with pytest.raises(InvalidOrderFile):
        take(content)


def test_buyers_are_found_by_the_surest_sign():
    by_id = rows.contact(unionid="", phone="13800001111")
    by_union = rows.contact(unionid="u1")
    by_phone = rows.contact(unionid="", phone="13800002222")
    by_number = rows.contact(unionid="shop-77")
    cases = [
        (by_id, {"buyer_ref": by_id.external_userid, "buyer_unionid": "u1"}),
        (by_union, {"buyer_unionid": "u1", "buyer_phone": "13800002222"}),
        (by_phone, {"buyer_unionid": "nobody", "buyer_phone": "13800002222"}),
        (by_number, {"buyer_ref": "shop-77"}),
    ]
    orders = [(rows.order(None, **buyer), person) for person, buyer in cases]
    waiting = rows.order(None, buyer_phone="13999999999")
    assert len(match_waiting_orders(now=NOW)) == 4
    for order, person in orders:
        order.refresh_from_db()
        assert order.contact_id == person.pk
    waiting.refresh_from_db()
    assert waiting.contact_id is None


def test_an_order_waits_for_its_customer(take):
    report = take(f"{HEADER}1,u9,,2026-03-01,10.00,\n")
    assert (report.matched, report.waiting) == (0, 1)
    person = rows.contact(unionid="u9")
    assert match_waiting_orders(now=NOW, contact_ids=[person.pk]) == [person.pk]
    assert match_waiting_orders(now=NOW, contact_ids=[person.pk]) == []


def test_an_import_moves_the_stage_of_its_buyers(take):
    person, other = rows.contact(unionid="u1"), rows.contact(unionid="u2")
    refresh_facts(contact_ids=[person.pk, other.pk])
    take(f"{HEADER}1,u1,,2026-03-09,10.00,\n")
    person.refresh_from_db()
    assert person.stage == "first"
    assert LifecycleTransition.objects.get().contact_id == person.pk


def test_an_order_whose_buyer_was_corrected_moves_to_the_right_customer(take):
    wrong, right = rows.contact(unionid="u1"), rows.contact(unionid="u2")
    take(f"{HEADER}1,u1,,2026-03-09,10.00,\n")
    assert take(f"{HEADER}1,u2,,2026-03-09,10.00,\n").changed == 1
    counts = dict(ContactFacts.objects.values_list("pk", "order_count"))
    assert counts == {wrong.pk: 0, right.pk: 1}


def test_a_dry_run_reports_the_same_and_writes_nothing(take):
    text = f"{HEADER}1,u1,,2026-03-01,10.00,\n"
    rehearsed = take(text, dry_run=True)
    assert not Order.objects.exists()
    assert take(text) == rehearsed


def test_shops_may_use_the_same_numbers(take):
    text = f"{HEADER}1,u1,,2026-03-01,10.00,\n"
    take(text, source="online")
    assert take(text, source="counter").new == 1


def test_the_command_reports_as_json(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER}1,u1,,2026-03-01,10.00,\n")
    out = io.StringIO()
    call_command("import_orders", str(path), "--json", "--source", "pos", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["lines"], report["new"], report["revenue_fen"]) == (1, 1, 1000)


def test_the_command_says_what_to_correct(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER}1,u1,,2026-03-01,ten,\n")
    with pytest.raises(CommandError, match="ten"):
        call_command("import_orders", str(path))
    with pytest.raises(CommandError):
        call_command("import_orders", str(tmp_path / "missing.csv"))


def test_a_hundred_thousand_lines_take_seconds(tmp_path):
    people = [rows.contact() for _ in range(50)]
    dice = random.Random(1)
    path = tmp_path / "orders.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "unionid", "paid_at", "amount"])
        for number in range(100_000):
            paid_at = NOW - timedelta(minutes=number)
            buyer = dice.choice(people).unionid if number % 2 else f"u{number}"
            writer.writerow(
                [number, buyer, paid_at.isoformat(), f"{dice.randrange(10**5) / 100:.2f}"]
            )
    started = time.perf_counter()
    report = import_orders(path=path, source="shop", now=NOW)
    assert time.perf_counter() - started < 30  # about 4 s on a quiet machine
    assert (report.new, report.matched) == (100_000, 50_000)
