"""Payments that staff took in WeCom (对外收款); amounts in fen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PAYMENT, REFUND = 0, 1


@dataclass(frozen=True, slots=True)
class BillRefund:
    """退款. `status`: 0 asked, 1 running, 2 done, 3 closed, 4 abnormal, 5 in approval, 6 rejected,
    7 withdrawn.
    """

    out_refund_no: str
    userid: str
    comment: str
    asked_at: datetime
    status: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Bill:
    """收款记录. `kind`: 0 payment, 1 refund; `trade_state`: 1 done, 3 done with a refund;
    `payment_type`: 0 in the chat, 1 by code, 2 in a live show, 3 from the album.
    """

    transaction_id: str
    out_trade_no: str
    out_refund_no: str
    kind: int
    trade_state: int
    payment_type: int
    paid_at: datetime
    external_userid: str
    payee_userid: str
    merchant_id: str
    total_fen: int
    refunded_fen: int
    remark: str
    goods: tuple[str, ...]
    refunds: tuple[BillRefund, ...]
    contact_name: str
    contact_phone: str
    contact_address: str

    @property
    def is_refund(self) -> bool:
        """Whether money went back: then `total_fen` did, for the payment `out_trade_no`."""
        return self.kind == REFUND
