"""Formats of order files (订单文件格式) in an operator's words, and the layout of an import."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import OrderImport, OrderMapping
from contacts.rules.order_formats import FORMATS, Layout, bind
from contacts.rules.order_formats.layout import FIELDS
from contacts.rules.order_formats.mapped import NAME, mapped

FORMAT_LABELS: dict[str, str | Promise] = {
    "taobao": _("Taobao / Tmall"),
    "jd": _("JD"),
    "douyin": _("Douyin shop"),
    "youzan": _("Youzan, by order"),
    "youzan_goods": _("Youzan, by product"),
    "wecom": _("WeCom payments (fields of the API)"),
    "plain": _("Our own columns"),
    NAME: _("Own mapping"),
}
FIELD_LABELS: dict[str, str | Promise] = {
    "order_id": _("Order number"),
    "paid_at": _("Paid at"),
    "amount": _("Amount paid"),
    "refunded": _("Refunded"),
    "external_userid": _("external_userid"),
    "unionid": _("unionid"),
    "phone": _("Phone"),
    "customer_id": _("The shop's customer number"),
    "product": _("Product"),
    "sku": _("SKU"),
    "quantity": _("Quantity"),
    "status": _("State of the order"),
    "after_sale": _("State of the refund"),
    "total": _("Total before refunds"),
    "kinds": _("Number of different products"),
}
# What a mapping asks for; the rest only helps the formats of shops.
MAPPED_FIELDS = tuple(name for name in FIELDS if name not in ("total", "kinds"))


def format_label(name: str) -> str:
    """The format's name; a name of a later version stands for itself."""
    return str(FORMAT_LABELS.get(name, name))


def field_label(name: str) -> str:
    """A column of ours in words; alternatives keep their bar."""
    return " / ".join(str(FIELD_LABELS.get(part, part)) for part in name.split(" / "))


def layout_of(imported: OrderImport) -> Layout | None:
    """How the file is read; None before somebody said so."""
    if imported.format == NAME:
        return mapped(**imported.mapping)
    return FORMATS.get(imported.format)


def fitting_mapping(source: str, header: Sequence[str]) -> OrderMapping | None:
    """The last saved mapping of this source whose columns the file has."""
    for mapping in OrderMapping.objects.filter(source=source).order_by("-saved_at", "-pk"):
        layout = mapped(**mapping.as_mapping())
        if set(bind(layout, header).places) == set(layout.columns):
            return mapping
    return None
