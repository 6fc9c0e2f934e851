"""Payments that staff took; captured bodies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scrm.simulator.errors import Impossible
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

DAY = timedelta(days=1)


def test_payments_and_refunds_are_listed(gateway, shop):
    start = shop.clock.now()
    paid = shop.pay("zhangwei", "wm-xiaoyu", total_fen=39_800, remark="一饼")
    shop.pay("wangfang", "wm-sunhao", total_fen=5_000)
    refund = shop.pay_back(paid, 1_000, comment="运费补偿")
    payment, other, back = gateway.bills(start=start, end=start + DAY)
    assert (payment.total_fen, payment.refunded_fen, payment.trade_state) == (39_800, 1_000, 3)
    assert [(r.out_refund_no, r.amount_fen, r.status) for r in payment.refunds] == [
        (refund, 1_000, 2)
    ]
    assert (other.payee_userid, other.trade_state, other.refunds) == ("wangfang", 1, ())
    assert (back.kind, back.out_refund_no, back.total_fen) == (1, refund, 1_000)
    hers = list(gateway.bills(start=start, end=start + DAY, payee="wangfang"))
    assert [bill.external_userid for bill in hers] == ["wm-sunhao"]


def test_a_long_time_is_asked_for_month_by_month(gateway, shop):
    start = shop.clock.now()
    for _month in range(3):
        shop.pay("zhangwei", "wm-xiaoyu", total_fen=100)
        shop.clock.advance(39 * DAY)
    assert len(list(gateway.bills(start=start, end=shop.clock.now()))) == 3
    assert shop.calls["externalpay/get_bill_list"] == 4


def test_no_more_goes_back_than_was_paid(shop):
    paid = shop.pay("zhangwei", "wm-xiaoyu", total_fen=100)
    with pytest.raises(Impossible):
        shop.pay_back(paid, 101)
    with pytest.raises(Impossible):
        shop.pay_back("none", 1)


def test_wecoms_bills_are_read(replay, shop):
    start = shop.clock.now()
    told = replay("12-misc/externalpay_get_bill_list")
    [bill] = told.gateway.bills(start=start, end=start, payee="wangfang")
    assert (bill.total_fen, bill.refunded_fen, bill.contact_name) == (39_800, 1_000, "周小雨")
    assert bill.goods == ("2026头采古树生普 357g",)
    assert (told.path, told.sent["payee_userid"]) == ("externalpay/get_bill_list", "wangfang")


def test_the_simulator_answers_as_wecom_does(shop, corp_api):
    paid = shop.pay("zhangwei", "wm-xiaoyu", total_fen=100)
    shop.pay_back(paid, 100)
    now = shop.clock.timestamp()
    body = {"begin_time": now - 60, "end_time": now + 60}
    answer = corp_api.post("externalpay/get_bill_list", body)
    assert_like(answer, captured("12-misc/externalpay_get_bill_list"))


def test_where_callbacks_come_from_can_be_asked(gateway, corp):
    assert gateway.callback_ips() == ("127.0.0.1",)
