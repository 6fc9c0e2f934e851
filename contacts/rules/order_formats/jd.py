"""JD (京东商家后台): the order export (订单导出).

A line for each product, with the order's money on each. Sure: the headings, and states such as
等待出库, 等待确认收货, 完成, (删除)…, (锁定)…. Assumed: what the buyer paid is 结算金额 (after
discounts, before JD's own balance); an order under (删除) that was paid was given back in full;
a locked one still counts.
"""

from __future__ import annotations

from contacts.rules.order_formats.layout import Layout

JD = Layout(
    name="jd",
    signature=frozenset({"订单号", "订购数量", "下单时间"}),
    columns={
        "order_id": ("订单号",),
        # Paid on delivery: there is no confirmation before it is done.
        "paid_at": ("付款确认时间", "订单完成时间"),
        "amount": ("结算金额", "应付金额", "商家应收", "订单金额"),
        "customer_id": ("下单帐号", "下单账号"),
        "phone": ("联系电话", "联系手机"),
        "product": ("商品名称",),
        "sku": ("商家SKUID", "货号", "商品ID"),
        "quantity": ("订购数量",),
        "status": ("订单状态",),
    },
    stand_ins={"paid_at": ("下单时间",)},
)
