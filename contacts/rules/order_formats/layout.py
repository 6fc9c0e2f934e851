"""What an order file of one kind looks like (订单文件格式), as data: columns, words, units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# What a line can tell. The last four only help to read the others.
FIELDS = (
    "order_id",
    "paid_at",
    "amount",
    "refunded",
    "external_userid",
    "unionid",
    "phone",
    "customer_id",
    "product",
    "sku",
    "quantity",
    "status",
    "after_sale",
    "total",
    "kinds",
)
BUYER = ("external_userid", "unionid", "phone", "customer_id")
NEEDED = ("paid_at", "amount")

# Words of a status as the shops of this market write them; a part of the cell is enough.
UNPAID = ("等待买家付款", "等待付款", "待付款", "待支付", "未付款", "未支付", "付款确认中")
CLOSED = ("交易关闭", "已关闭", "已取消", "取消", "(删除)", "（删除）")
GIVEN_BACK = ("退款成功", "全额退款", "已全额退款")


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of order file.

    columns: for each field the columns that may hold it, the best first; of several that a file
        has, each line is read from the first that it fills.
    stand_ins: columns that are asked only when the file has none of `columns`.
    signature: headings that only files of this kind have together; empty for what is not
        recognised by itself.
    amount_per_line, refund_per_line: each line has the money of its own product, to be added up;
        otherwise every line repeats the order's total.
    is_net: the amount is what was left after refunds.
    in_fen: money is whole fen, not yuan.
    is_exact: only one column a field, and values as docs/orders.md has them, without a shop's
        dashes, separators and signs.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    stand_ins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    signature: frozenset[str] = frozenset()
    amount_per_line: bool = False
    refund_per_line: bool = False
    is_net: bool = False
    in_fen: bool = False
    is_exact: bool = False
    unpaid: tuple[str, ...] = UNPAID
    closed: tuple[str, ...] = CLOSED
    given_back: tuple[str, ...] = GIVEN_BACK

    @property
    def adds_up(self) -> bool:
        return self.amount_per_line or self.refund_per_line


@dataclass(frozen=True, slots=True)
class Bound:
    """A layout on the columns of one file: the places of each field that the file has.

    `is_paid_at_sure` is False when a stand-in tells the time, which unpaid orders have as well.
    """

    layout: Layout
    places: Mapping[str, tuple[int, ...]]
    is_paid_at_sure: bool

    @property
    def missing(self) -> list[str]:
        """What the file would need; several names in one entry are alternatives."""
        lacking = [name for name in NEEDED if name not in self.places]
        if not any(name in self.places for name in BUYER):
            lacking.append(" / ".join(BUYER))
        return lacking

    @property
    def used(self) -> set[int]:
        return {place for places in self.places.values() for place in places}


def heading(text: str) -> str:
    """A heading as it is compared: blanks around it, case and the kind of brackets are nothing."""
    return text.strip().lower().replace("（", "(").replace("）", ")")


def bind(layout: Layout, header: Sequence[str]) -> Bound:
    """Find the columns of a layout in a file; of equal headings the first counts."""
    known = {heading(name): place for place, name in reversed(list(enumerate(header)))}
    places = {}
    sure = True
    for name in FIELDS:
        found = _places(layout.columns.get(name, ()), known)
        if not found:
            found = _places(layout.stand_ins.get(name, ()), known)
            sure = sure and not (found and name == "paid_at")
        if found:
            places[name] = found[:1] if layout.is_exact else found
    return Bound(layout, places, is_paid_at_sure=sure)


def _places(names: Sequence[str], known: Mapping[str, int]) -> tuple[int, ...]:
    places = (known[heading(name)] for name in names if heading(name) in known)
    return tuple(dict.fromkeys(places))
