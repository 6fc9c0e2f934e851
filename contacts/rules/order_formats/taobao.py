"""Taobao and Tmall (淘宝、天猫): the order report (订单报表, ExportOrderList).

One line an order. Sure: the headings, order numbers as ="123", phones as '138…, the states.
Assumed: 买家实际支付金额 is what was left after refunds where both together stay within 总金额,
and what was paid otherwise. The report of single goods (宝贝报表) names no buyer and no time of
payment, so it is not read.
"""

from __future__ import annotations

from contacts.rules.order_formats.layout import Layout

TAOBAO = Layout(
    name="taobao",
    signature=frozenset({"订单编号", "订单付款时间", "买家实际支付金额"}),
    columns={
        "order_id": ("订单编号",),
        "paid_at": ("订单付款时间",),
        "amount": ("买家实际支付金额",),
        "total": ("总金额",),
        "refunded": ("退款金额",),
        "customer_id": ("买家会员名", "买家昵称"),
        "phone": ("联系手机", "联系电话"),
        "product": ("宝贝标题", "商品标题"),
        "kinds": ("宝贝种类", "商品种类"),
        "quantity": ("宝贝总数量", "商品总数量"),
        "status": ("订单状态",),
    },
    is_net=True,
)
