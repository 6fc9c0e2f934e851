"""Our own format (通用格式): what docs/orders.md describes, with the usual Chinese headings."""

from __future__ import annotations

from contacts.rules.order_formats.layout import Layout

PLAIN = Layout(
    name="plain",
    columns={
        "order_id": ("order_id", "order_no", "订单号", "订单编号"),
        "paid_at": ("paid_at", "date", "付款时间", "支付时间"),
        "amount": ("amount", "实付金额", "支付金额", "金额"),
        "refunded": ("refunded", "退款金额"),
        "external_userid": ("external_userid",),
        "unionid": ("unionid",),
        "phone": ("phone", "手机号"),
        "customer_id": ("customer_id", "客户编号"),
        "product": ("product", "商品", "商品名称"),
        "sku": ("sku", "商品编码"),
        "quantity": ("quantity", "数量"),
    },
    is_exact=True,
)
