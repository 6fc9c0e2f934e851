"""What customers paid to staff in WeCom becomes orders, once, with what went back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import BillPull, Order, OrderEntry
from contacts.services.wecom_bills import pull_bills, switch_pull
from tests.contacts import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(corp):
    """A customer of Amy's who may pay."""
    corp.state.add_staff("amy", "Amy")
    who = corp.state.add_contact(name="Cat")
    corp.state.follow("amy", who)
    return corp, who


def pull(corp, *, after=timedelta()):
    now = corp.state.clock.now() + after
    return pull_bills(clock=lambda: now, until=now + timedelta(minutes=1))


def test_payments_and_refunds_become_orders_of_their_customer_once(shop):
    corp, who = shop
    cat = rows.contact(external_userid=who)
    paid = corp.state.pay("amy", who, total_fen=19_900, goods="Tea")
    assert pull(corp) == 1
    order = Order.objects.get()
    assert (order.source, order.external_id, order.contact) == ("wecom", paid, cat)
    assert (order.amount_fen, order.items.get().product.name) == (19_900, "Tea")

    corp.state.clock.advance(timedelta(hours=1))
    refund = corp.state.pay_back(paid, 5_000)
    assert pull(corp) == 0
    assert pull(corp, after=timedelta(days=1)) == 0
    order.refresh_from_db()
    assert (order.amount_fen, order.refunded_fen) == (19_900, 5_000)
    entry = OrderEntry.objects.get(kind="refund")
    assert (entry.external_id, entry.amount_fen) == (refund, -5_000)
    state = BillPull.objects.get()
    assert (state.payments, state.refunds, state.problem) == (1, 1, "")


def test_nothing_is_asked_before_it_is_due_or_when_it_is_off(shop, operator):
    corp, who = shop
    corp.state.pay("amy", who, total_fen=100)
    assert pull(corp) == 1
    asked = len([call for call in corp.state.calls if "get_bill_list" in str(call)])
    assert pull(corp) == 0
    switch_pull(is_on=False, operator=operator, now=corp.state.clock.now())
    corp.state.pay("amy", who, total_fen=200)
    assert pull(corp, after=timedelta(days=2)) == 0
    assert asked == len([call for call in corp.state.calls if "get_bill_list" in str(call)])
    switch_pull(is_on=True, operator=operator, now=corp.state.clock.now())
    assert pull(corp, after=timedelta(days=2)) == 1


def test_without_the_permission_it_says_so_and_asks_once_a_day(shop):
    corp, who = shop
    corp.state.pay("amy", who, total_fen=100)
    corp.state.faults.add(path="externalpay/get_bill_list", kind="errcode", value=48002, count=1)
    assert pull(corp) == 0
    state = BillPull.objects.get()
    assert state.problem
    assert pull(corp, after=timedelta(hours=23)) == 0
    assert pull(corp, after=timedelta(hours=25)) == 1
