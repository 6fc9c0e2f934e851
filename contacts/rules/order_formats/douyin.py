"""Douyin shops (抖音电商、抖店): the standard order report (标准报表).

A line for each part of an order (子订单) with money of its own; orders are told by 主订单编号.
Sure: the headings, numbers padded with tabs, "-" for nothing, the states of 订单状态 and 售后状态.
Assumed: 售后状态 退款成功 means that the whole line was given back, because the report has no
column for how much; 订单应付金额 is what the buyer paid, postage included.
"""

from __future__ import annotations

from contacts.rules.order_formats.layout import Layout

DOUYIN = Layout(
    name="douyin",
    signature=frozenset({"主订单编号", "子订单编号", "订单应付金额"}),
    columns={
        "order_id": ("主订单编号",),
        "paid_at": ("支付完成时间",),
        "amount": ("订单应付金额",),
        "phone": ("收件人手机号",),
        "customer_id": ("用户ID", "买家ID"),
        "product": ("选购商品", "商品名称"),
        "sku": ("商家编码", "商品ID"),
        "quantity": ("商品数量",),
        "status": ("订单状态",),
        "after_sale": ("售后状态",),
    },
    stand_ins={"paid_at": ("订单提交时间",)},
    amount_per_line=True,
    refund_per_line=True,
)
