"""One line of an order file (订单导入): what its columns may be called and hold.

Money is written in yuan and becomes fen exactly. Times without a zone are the shop's local time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from contacts.rules.phones import normalise

# Our name of each column, with the other names it is known by.
COLUMNS: dict[str, tuple[str, ...]] = {
    "order_id": ("order_no", "订单号", "订单编号"),
    "paid_at": ("date", "付款时间", "支付时间"),
    "amount": ("实付金额", "支付金额", "金额"),
    "refunded": ("退款金额",),
    "external_userid": (),
    "unionid": (),
    "phone": ("手机号",),
    "customer_id": ("客户编号",),
    "product": ("商品", "商品名称"),
    "sku": ("商品编码",),
    "quantity": ("数量",),
}
BUYER = ("external_userid", "unionid", "phone", "customer_id")

_LONGEST = {
    "order_id": 128,
    "external_userid": 64,
    "unionid": 64,
    "phone": 64,
    "customer_id": 128,
    "product": 256,
    "sku": 128,
}
_AMOUNT = re.compile(r"(-?)[¥￥]?(\d{1,12})(?:\.(\d+))?")
_SLASHED = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?: +(\d{1,2}):(\d\d)(?::(\d\d))?)?")
_EARLIEST, _LATEST = 1990, 2100


class Fault(StrEnum):
    """What can be wrong with a value; `contacts.services.order_faults` has the words."""

    MISSING = "missing"
    NOT_A_DATE = "not_a_date"
    NOT_AN_AMOUNT = "not_an_amount"
    NEGATIVE = "negative"
    TOO_MANY_DECIMALS = "too_many_decimals"
    REFUND_OVER_AMOUNT = "refund_over_amount"
    NO_BUYER = "no_buyer"
    NOT_A_QUANTITY = "not_a_quantity"
    TOO_LONG = "too_long"
    ANOTHER_ORDER = "another_order"
    NOT_CSV = "not_csv"


@dataclass(frozen=True, slots=True)
class Problem:
    """One refused value and where it stands. Lines count from 1, the header is line 1."""

    line: int
    column: str
    value: str
    fault: Fault


@dataclass(slots=True)
class OrderLine:
    """A line that may be kept. `order_id` is "" when the file numbers no orders."""

    line: int
    order_id: str
    buyer_ref: str
    unionid: str
    phone: str
    paid_at: datetime
    paid_on: date
    amount_fen: int
    refunded_fen: int
    sku: str
    product: str
    quantity: int

    def content(self) -> str:
        """What tells one line from another when orders have no number. A refund comes later."""
        parts = (
            self.buyer_ref,
            self.unionid,
            self.phone,
            self.paid_at.isoformat(),
            str(self.amount_fen),
            self.sku,
            self.product,
            str(self.quantity),
        )
        return "\x1f".join(parts)


def find_columns(header: Sequence[str]) -> dict[str, int]:
    """Where each known column stands; our own name wins over an alias. Case does not matter."""
    places = {name.strip().lower(): index for index, name in reversed(list(enumerate(header)))}
    found = {}
    for name, aliases in COLUMNS.items():
        index = next((places[known] for known in (name, *aliases) if known in places), None)
        if index is not None:
            found[name] = index
    return found


@dataclass
class LineReader:
    """Reads lines of one file. `columns` as from `find_columns`."""

    columns: Mapping[str, int]
    zone: ZoneInfo
    _moments: dict[str, tuple[datetime, date]] = field(default_factory=dict)

    def read(self, line: int, cells: Sequence[str]) -> OrderLine | list[Problem]:
        """The order line, or everything that is wrong with it."""
        values = {
            name: cells[index].strip() if index < len(cells) else ""
            for name, index in self.columns.items()
        }
        moment = self._moment(values["paid_at"])
        amount, refunded = money(values["amount"]), money(values.get("refunded") or "0")
        quantity = _quantity(values.get("quantity") or "1")
        faults = self._text_faults(values)
        if isinstance(moment, Fault):
            faults["paid_at"] = moment
        if isinstance(amount, Fault):
            faults["amount"] = amount
        if isinstance(refunded, Fault):
            faults["refunded"] = refunded
        if isinstance(quantity, Fault):
            faults["quantity"] = quantity
        if (
            isinstance(moment, Fault)
            or isinstance(amount, Fault)
            or isinstance(refunded, Fault)
            or isinstance(quantity, Fault)
            or faults
        ):
            return [Problem(line, name, values.get(name, ""), why) for name, why in faults.items()]
        if refunded > amount:
            return [Problem(line, "refunded", values["refunded"], Fault.REFUND_OVER_AMOUNT)]
        return OrderLine(
            line=line,
            order_id=values.get("order_id", ""),
            buyer_ref=values.get("external_userid") or values.get("customer_id") or "",
            unionid=values.get("unionid", ""),
            phone=normalise(values.get("phone", "")),
            paid_at=moment[0],
            paid_on=moment[1],
            amount_fen=amount,
            refunded_fen=refunded,
            sku=values.get("sku") or values.get("product", "")[:128],
            product=values.get("product") or values.get("sku", ""),
            quantity=quantity,
        )

    def _text_faults(self, values: Mapping[str, str]) -> dict[str, Fault]:
        faults = {
            column: Fault.TOO_LONG
            for column, longest in _LONGEST.items()
            if len(values.get(column, "")) > longest
        }
        if not any(values.get(column) for column in BUYER):
            faults[" / ".join(name for name in BUYER if name in values)] = Fault.NO_BUYER
        if values.get("order_id") == "":
            faults["order_id"] = Fault.MISSING
        return faults

    def _moment(self, text: str) -> tuple[datetime, date] | Fault:
        """The instant and its business day."""
        known = self._moments.get(text)
        if known is not None:
            return known
        moment = parse_moment(text, self.zone)
        if moment is None:
            return Fault.NOT_A_DATE if text else Fault.MISSING
        answer = (moment, moment.astimezone(self.zone).date())
        if len(text) <= 10:  # bare days come again and again
            self._moments[text] = answer
        return answer


def money(text: str) -> int | Fault:
    """Yuan as written → fen, exactly."""
    if not text:
        return Fault.MISSING
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return Fault.NOT_AN_AMOUNT
    minus, yuan, decimals = match.groups()
    if decimals and len(decimals) > 2:
        return Fault.TOO_MANY_DECIMALS
    fen = int(Decimal(f"{yuan}.{decimals or 0}") * 100)
    return Fault.NEGATIVE if minus and fen else fen


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """An ISO date or time, or 2026/3/10 9:05 as spreadsheets write it; None for anything else."""
    try:
        moment: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        moment = _slashed(text)
    if moment is None or not _EARLIEST <= moment.year <= _LATEST:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _slashed(text: str) -> datetime | None:
    match = _SLASHED.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime.combine(date(year, month, day), time(hour, minute, second))
    except ValueError:
        return None


def _quantity(text: str) -> int | Fault:
    return int(text) if re.fullmatch(r"[1-9]\d{0,6}", text) else Fault.NOT_A_QUANTITY
