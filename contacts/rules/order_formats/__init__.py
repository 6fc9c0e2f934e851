"""The order files of the usual shops (订单文件格式); one module a shop, recognised by headings."""

from __future__ import annotations

from collections.abc import Sequence

from contacts.rules.order_formats.douyin import DOUYIN
from contacts.rules.order_formats.jd import JD
from contacts.rules.order_formats.layout import Bound, Layout, bind, heading
from contacts.rules.order_formats.plain import PLAIN
from contacts.rules.order_formats.taobao import TAOBAO
from contacts.rules.order_formats.wecom import WECOM
from contacts.rules.order_formats.youzan import YOUZAN, YOUZAN_GOODS

SHOPS = (TAOBAO, JD, DOUYIN, YOUZAN, YOUZAN_GOODS, WECOM)
FORMATS: dict[str, Layout] = {layout.name: layout for layout in (*SHOPS, PLAIN)}


def recognise(header: Sequence[str]) -> Layout | None:
    """The shop whose headings these are, our own format, or None."""
    names = {heading(name) for name in header}
    for layout in SHOPS:
        if {heading(name) for name in layout.signature} <= names:
            return layout
    return None if bind(PLAIN, header).missing else PLAIN


__all__ = ["FORMATS", "PLAIN", "SHOPS", "Bound", "Layout", "bind", "recognise"]
