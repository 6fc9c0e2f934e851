"""Payments taken in WeCom (对外收款) as a table of what its API answers, amounts in fen.

Sure: the names of `externalpay/get_bill_list`, fen, and moments in seconds. The headings of the
file that WeCom's admin page offers were not found; such a file needs a mapping. A corp whose app
may read payments needs no file: they are pulled (see docs/orders.md).
"""

from __future__ import annotations

from contacts.rules.order_formats.layout import Layout

WECOM = Layout(
    name="wecom",
    signature=frozenset({"out_trade_no", "total_fee", "pay_time"}),
    columns={
        "order_id": ("out_trade_no",),
        "paid_at": ("pay_time",),
        "amount": ("total_fee",),
        "refunded": ("total_refund_fee",),
        "external_userid": ("external_userid",),
        "phone": ("phone",),
        "product": ("description", "commodity", "remark"),
        # Its own bills of refunds are within the payment already.
        "status": ("bill_type",),
    },
    in_fen=True,
    unpaid=("1",),
    closed=(),
)
