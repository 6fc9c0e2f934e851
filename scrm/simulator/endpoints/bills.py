"""Payments that staff took (对外收款)."""

from __future__ import annotations

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import Bill

_MONTH = 31 * 86_400


@post("externalpay/get_bill_list")
def get_bill_list(corp: Corp, ask: Ask) -> Answer:
    """Payments and refunds between two seconds, both included."""
    begin, end = ask.number("begin_time"), ask.number("end_time")
    if not 0 <= end - begin <= _MONTH:
        raise ApiError(40058, "invalid time span")
    payee = staff_of(corp, ask.text("payee_userid")).userid if ask.has("payee_userid") else ""
    rows = [
        (place, bill)
        for place, bill in enumerate(corp.bills.values(), 1)
        if begin <= bill.paid_at <= end and payee in ("", bill.payee_userid)
    ]
    chosen, cursor = cursors.page_after(
        rows, ask.text("cursor", ""), ask.limit(1000, 1000), key=lambda row: row[0]
    )
    return {"next_cursor": cursor, "bill_list": [_shown(bill) for _place, bill in chosen]}


def _shown(bill: Bill) -> Answer:
    return {
        "transaction_id": bill.transaction_id,
        "bill_type": int(bill.is_refund),
        "trade_state": bill.trade_state,
        "pay_time": bill.paid_at,
        "out_trade_no": bill.out_trade_no,
        "out_refund_no": bill.out_refund_no,
        "external_userid": bill.external_userid,
        "total_fee": bill.total_fen,
        "payee_userid": bill.payee_userid,
        "payment_type": bill.payment_type,
        "mch_id": "1600000001",
        "remark": bill.remark,
        "commodity_list": [{"description": bill.goods, "amount": 1}],
        "total_refund_fee": bill.refunded_fen,
        "refund_list": bill.refunds,
        "contact_info": bill.contact,
        "miniprogram_info": {"appid": "", "name": ""},
    }
