"""Youzan (有赞): the order report (订单维度) and the report of goods (商品维度).

Sure: the headings, and states such as 待发货, 已发货, 交易完成, 交易关闭. The report of goods
repeats 订单实付金额 on each line, and says of refunds what was given back for the product.
Assumed: that it repeats it, and that 交易关闭 with a time of payment was given back in full.
"""

from __future__ import annotations

from dataclasses import replace

from contacts.rules.order_formats.layout import Layout

YOUZAN = Layout(
    name="youzan",
    signature=frozenset({"订单号", "订单实付金额", "全部商品名称"}),
    columns={
        "order_id": ("订单号",),
        "paid_at": ("买家付款时间",),
        "amount": ("订单实付金额",),
        "refunded": ("订单已退款金额",),
        # Who pays is the customer, who receives may be anybody.
        "phone": ("买家手机号", "收货人手机号/提货人手机号", "收货人手机号"),
        "product": ("全部商品名称",),
        "kinds": ("商品种类数",),
        "quantity": ("订单商品总件数",),
        "status": ("订单状态",),
        "after_sale": ("订单退款状态",),
    },
    stand_ins={"paid_at": ("订单创建时间",)},
)

YOUZAN_GOODS = replace(
    YOUZAN,
    name="youzan_goods",
    signature=frozenset({"订单号", "订单实付金额", "商品名称", "商品单价"}),
    columns={
        **YOUZAN.columns,
        "refunded": ("商品已退款金额",),
        "product": ("商品名称",),
        "sku": ("商品编码", "规格编码"),
        "quantity": ("商品数量",),
        "status": ("订单状态", "订单商品状态"),
        # These speak of the whole order.
        "after_sale": (),
        "kinds": (),
    },
    refund_per_line=True,
)
