"""Payments that staff took in WeCom (对外收款)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, moment, number, records, text
from scrm.wecom.maxima import BILL_SPAN, BILLS_PER_PAGE
from scrm.wecom.pages import walk
from scrm.wecom.types.bills import Bill, BillRefund

_SECOND = timedelta(seconds=1)


class Bills(Area):
    """Needs the app under 对外收款 › 可调用接口的应用 (else Misconfigured)."""

    def bills(self, *, start: datetime, end: datetime, payee: str = "") -> Iterator[Bill]:
        """获取对外收款记录 (externalpay/get_bill_list) from `start` to `end`, of everybody or one.

        Longer spans than a month are asked for piece by piece.
        """
        while start <= end:
            upto = min(end, start + BILL_SPAN - _SECOND)
            yield from self._bills_between(start, upto, payee)
            start = upto + _SECOND

    def _bills_between(self, start: datetime, end: datetime, payee: str) -> Iterator[Bill]:
        span: dict[str, Any] = {
            "begin_time": int(start.timestamp()),
            "end_time": int(end.timestamp()),
            "limit": BILLS_PER_PAGE,
        }
        if payee:
            span["payee_userid"] = payee

        def page(cursor: str) -> tuple[Sequence[Bill], str]:
            body = {**span, "cursor": cursor} if cursor else span
            reply = self._transport.post("externalpay/get_bill_list", body)
            return [_bill(r) for r in records(reply, "bill_list")], text(reply, "next_cursor")

        return walk(page)


def _bill(record: Json) -> Bill:
    contact = record.get("contact_info") or {}
    return Bill(
        transaction_id=text(record, "transaction_id"),
        out_trade_no=text(record, "out_trade_no"),
        out_refund_no=text(record, "out_refund_no"),
        kind=number(record, "bill_type"),
        trade_state=number(record, "trade_state"),
        payment_type=number(record, "payment_type"),
        paid_at=moment(record, "pay_time"),
        external_userid=text(record, "external_userid"),
        payee_userid=text(record, "payee_userid"),
        merchant_id=text(record, "mch_id"),
        total_fen=number(record, "total_fee"),
        refunded_fen=number(record, "total_refund_fee"),
        remark=text(record, "remark"),
        goods=tuple(text(part, "description") for part in records(record, "commodity_list")),
        refunds=tuple(_refund(part) for part in records(record, "refund_list")),
        contact_name=text(contact, "name"),
        contact_phone=text(contact, "phone"),
        contact_address=text(contact, "address"),
    )


def _refund(record: Json) -> BillRefund:
    return BillRefund(
        out_refund_no=text(record, "out_refund_no"),
        userid=text(record, "refund_userid"),
        comment=text(record, "refund_comment"),
        asked_at=moment(record, "refund_reqtime"),
        status=number(record, "refund_status"),
        amount_fen=number(record, "refund_fee"),
    )
