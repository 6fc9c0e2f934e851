"""Orders and refunds as programs send them (JSON): what a row may hold, and what is wrong with it.

Money is whole fen. Times are ISO; without a zone they are the shop's local time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contacts.rules.order_cells import parse_moment
from contacts.rules.order_lines import Fault, OrderLine, Problem, RefundLine
from contacts.rules.phones import normalise

MOST_FEN = 10**14
MOST_ITEMS = 200
_MOST_QUANTITY = 9_999_999
_LONGEST = {
    "external_id": 128,
    "order_id": 128,
    "refund_id": 128,
    "external_userid": 64,
    "unionid": 64,
    "phone": 64,
    "customer_id": 128,
    "sku": 128,
    "name": 256,
}
_HALF = re.compile("[\ud800-\udfff]")
_BUYER = ("external_userid", "unionid", "phone", "customer_id")


@dataclass
class RowReader:
    """Reads the rows of one message. `problems` names the refused ones by their place from 0."""

    zone: ZoneInfo
    problems: list[Problem] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def orders(self, rows: Iterable[tuple[int, object]]) -> Iterator[OrderLine]:
        """The lines of the good rows, given with their places: one line a product, or one alone."""
        for place, row in rows:
            yield from self._order(_Row(place, row, self.zone))

    def refunds(self, rows: Iterable[tuple[int, object]]) -> Iterator[RefundLine]:
        """The good rows, given with their places."""
        for place, told in rows:
            row = _Row(place, told, self.zone)
            order_id, refund_id = (
                row.text("order_id", needed=True),
                row.text("refund_id", needed=True),
            )
            amount, refunded_at = row.fen("amount_fen", least=1), row.moment("refunded_at")
            if row.problems or amount is None:
                self.problems += row.problems
                continue
            yield RefundLine(place, order_id, refund_id, amount, refunded_at)

    def _order(self, row: _Row) -> list[OrderLine]:
        number = row.text("external_id", needed=True)
        buyer = {name: row.text(name) for name in _BUYER}
        paid_at = row.moment("paid_at", needed=True)
        amount, refunded = row.fen("amount_fen"), row.fen("refunded_fen", needed=False)
        refunded_at = row.moment("refunded_at")
        items = row.items()
        if row.is_read and not any(buyer.values()):
            row.refuse(" / ".join(_BUYER), "", Fault.NO_BUYER)
        if amount is not None and refunded is not None and refunded > amount:
            row.refuse("refunded_fen", refunded, Fault.REFUND_OVER_AMOUNT)
        if number in self._seen:
            row.refuse("external_id", number, Fault.TWICE)
        if row.problems or paid_at is None or amount is None:
            self.problems += row.problems
            return []
        self._seen.add(number)
        return [
            OrderLine(
                line=row.place,
                order_id=number,
                buyer_ref=buyer["external_userid"] or buyer["customer_id"],
                unionid=buyer["unionid"],
                phone=normalise(buyer["phone"]),
                paid_at=paid_at,
                paid_on=paid_at.astimezone(self.zone).date(),
                amount_fen=amount,
                refunded_fen=refunded,
                refunded_at=refunded_at,
                sku=item.sku,
                product=item.name,
                quantity=item.quantity,
                item_fen=item.fen,
            )
            for item in items or [_Item("", "", 1, None)]
        ]


@dataclass(frozen=True, slots=True)
class _Item:
    sku: str
    name: str
    quantity: int
    fen: int | None


class _Row:
    """One row, read field by field; what is wrong is collected."""

    def __init__(self, place: int, told: object, zone: ZoneInfo, prefix: str = "") -> None:
        self.place = place
        self.problems: list[Problem] = []
        self._zone, self._prefix = zone, prefix
        self._values: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
        self.is_read = isinstance(told, Mapping)
        if not self.is_read:
            self.refuse("", told, Fault.NOT_A_ROW)

    def refuse(self, name: str, value: object, fault: Fault) -> None:
        # A phone is nobody's business but the shop's, even a wrong one.
        shown = "" if name == "phone" else _shown(value)
        self.problems.append(Problem(self.place, self._prefix + name, shown, fault))

    def text(self, name: str, *, needed: bool = False) -> str:
        value = self._values.get(name)
        if value is None or value == "":
            if needed and self.is_read:
                self.refuse(name, "", Fault.MISSING)
            return ""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # order numbers that a program took for numbers
        if not _is_text(value):
            self.refuse(name, value, Fault.NOT_TEXT)
            return ""
        value = str(value).strip()
        if len(value) > _LONGEST[name]:
            self.refuse(name, value, Fault.TOO_LONG)
        elif needed and not value:
            self.refuse(name, "", Fault.MISSING)
        return value

    def fen(self, name: str, *, needed: bool = True, least: int = 0) -> int | None:
        value = self._values.get(name)
        if value is None:
            if needed and self.is_read:
                self.refuse(name, "", Fault.MISSING)
            return None
        if not _is_whole(value, least, MOST_FEN):
            self.refuse(name, value, Fault.NOT_FEN)
            return None
        return int(value)

    def quantity(self) -> int:
        value = self._values.get("quantity", 1)
        if not _is_whole(value, 1, _MOST_QUANTITY):
            self.refuse("quantity", value, Fault.NOT_A_QUANTITY)
            return 1
        return int(value)

    def moment(self, name: str, *, needed: bool = False) -> datetime | None:
        value = self._values.get(name)
        if value is None:
            if needed and self.is_read:
                self.refuse(name, "", Fault.MISSING)
            return None
        moment = parse_moment(value.strip(), self._zone) if isinstance(value, str) else None
        if moment is None:
            self.refuse(name, value, Fault.NOT_A_DATE)
        return moment

    def items(self) -> list[_Item]:
        told = self._values.get("items")
        if told is None:
            return []
        if not isinstance(told, list) or len(told) > MOST_ITEMS:
            self.refuse("items", f"{type(told).__name__}", Fault.NOT_A_ROW)
            return []
        return [self._item(number, item) for number, item in enumerate(told)]

    def _item(self, number: int, told: object) -> _Item:
        row = _Row(self.place, told, self._zone, f"items[{number}].")
        sku, name = row.text("sku"), row.text("name")
        fen = row.fen("amount_fen", needed=False)
        quantity = row.quantity()
        if row.is_read and not sku and not name:
            row.refuse("sku", "", Fault.MISSING)
        self.problems += row.problems
        return _Item(sku or name[:128], name or sku, quantity, fen)


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_text(value: object) -> bool:
    """What Postgres can keep: no NUL, no half of a character."""
    return isinstance(value, str) and "\0" not in value and not _HALF.search(value)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return _HALF.sub("?", value.replace("\0", "?"))[:60]
    return repr(value)[:60] if isinstance(value, int | float) else type(value).__name__
