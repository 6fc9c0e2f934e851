"""Read the lines of an order file (订单导入) as its layout says what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TypeVar
from zoneinfo import ZoneInfo

from contacts.rules import order_cells as cell
from contacts.rules.order_formats.layout import BUYER, Bound
from contacts.rules.order_lines import Fault, OrderLine, Problem
from contacts.rules.phones import normalise

_LONGEST = {
    "order_id": 128,
    "external_userid": 64,
    "unionid": 64,
    "phone": 64,
    "customer_id": 128,
    "product": 256,
    "sku": 128,
}
_Values = Mapping[str, str]
_Read = TypeVar("_Read", int, tuple[datetime, date])


class _Standing(Enum):
    SOLD = 1
    UNPAID = 2
    CLOSED = 3  # unpaid when it has no time of payment, else given back


@dataclass
class LineReader:
    """Reads lines of one file. Times without a zone are local to `zone`."""

    bound: Bound
    zone: ZoneInfo
    _moments: dict[str, tuple[datetime, date]] = field(default_factory=dict)
    _standings: dict[str, _Standing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._places = tuple(self.bound.places.items())
        self._cell = cell.bare if self.bound.layout.is_exact else cell.told

    def read(self, line: int, cells: Sequence[str]) -> OrderLine | list[Problem] | None:
        """The order line, everything that is wrong with it, or None for what was never paid."""
        values = self._values(cells)
        if self._is_unpaid(values):
            return None
        faults = self._text_faults(values)
        moment = self._read(faults, "paid_at", self._moment(values["paid_at"]))
        amount = self._read(faults, "amount", self._money(values["amount"]))
        refunded = self._read(faults, "refunded", self._money(values.get("refunded") or "0"))
        total = self._money(values.get("total") or "0")
        pieces = self._read(faults, "quantity", cell.quantity(values.get("quantity") or "1"))
        if moment is None or amount is None or refunded is None or pieces is None or faults:
            return [Problem(line, name, values.get(name, ""), why) for name, why in faults.items()]
        amount = self._gross(amount, refunded, total)
        if not self.bound.layout.is_exact and self._is_given_back(values):
            refunded = max(refunded, amount)
        if refunded > amount and not self.bound.layout.refund_per_line:
            return [Problem(line, "refunded", values["refunded"], Fault.REFUND_OVER_AMOUNT)]
        return self._line(line, values, moment, (amount, refunded, pieces))

    def order_id(self, cells: Sequence[str]) -> str:
        """The order of a line, whatever else is wrong with it."""
        return self._values(cells).get("order_id", "")

    def _line(
        self,
        line: int,
        values: _Values,
        moment: tuple[datetime, date],
        figures: tuple[int, int, int],
    ) -> OrderLine:
        amount, refunded, quantity = figures
        product, sku, quantity = self._goods(values, quantity)
        phone = values.get("phone", "")
        return OrderLine(
            line=line,
            order_id=values.get("order_id", ""),
            buyer_ref=values.get("external_userid")
            or cell.unmasked(values.get("customer_id", ""))
            or "",
            unionid=values.get("unionid", ""),
            phone=normalise(phone if self.bound.layout.is_exact else cell.only_phone(phone)),
            paid_at=moment[0],
            paid_on=moment[1],
            amount_fen=amount,
            refunded_fen=refunded if self._knows_refunds else None,
            sku=sku,
            product=product,
            quantity=quantity,
            item_fen=amount if self.bound.layout.amount_per_line else None,
        )

    def _values(self, cells: Sequence[str]) -> dict[str, str]:
        """Each field as the first of its columns that says something."""
        values, count = {}, len(cells)
        for name, places in self._places:
            text = ""
            for place in places:
                text = self._cell(cells[place]) if place < count else ""
                if text:
                    break
            values[name] = text
        return values if self.bound.layout.is_exact else self._tidied(values)

    def _tidied(self, values: dict[str, str]) -> dict[str, str]:
        if "product" in values:
            values["product"] = values["product"][: _LONGEST["product"]]
        for name in ("amount", "refunded", "total"):
            if name in values:
                values[name] = cell.plain_money(values[name])
        return values

    def _goods(self, values: _Values, quantity: int) -> tuple[str, str, int]:
        """Product, its number and how many. A list of several in one cell names none of them."""
        product, sku = values.get("product", ""), values.get("sku", "")
        if not self.bound.layout.is_exact:
            if values.get("kinds", "1") not in ("", "1"):
                return "", "", quantity
            product, counted = cell.pieces(product)
            if counted and "quantity" not in self.bound.places:
                quantity = counted
        return product or sku, sku or product[:128], quantity

    @property
    def _knows_refunds(self) -> bool:
        places = self.bound.places
        return "refunded" in places or "after_sale" in places or "status" in places

    def _is_unpaid(self, values: _Values) -> bool:
        if "status" not in values:
            return False
        standing = self._standing(values["status"])
        if standing is _Standing.UNPAID or not values["paid_at"]:
            return True
        return standing is _Standing.CLOSED and not self.bound.is_paid_at_sure

    def _is_given_back(self, values: _Values) -> bool:
        if self._standing(values.get("status", "")) is _Standing.CLOSED:
            return True
        # Where the file says how much was given back, its word on the refund adds nothing.
        return "refunded" not in self.bound.places and any(
            word in values.get("after_sale", "") for word in self.bound.layout.given_back
        )

    def _standing(self, status: str) -> _Standing:
        known = self._standings.get(status)
        if known is None:
            layout = self.bound.layout
            known = _Standing.SOLD
            if any(word in status for word in layout.unpaid):
                known = _Standing.UNPAID
            elif any(word in status for word in layout.closed):
                known = _Standing.CLOSED
            if len(self._standings) < 1_000:  # a wrong column may differ on each line
                self._standings[status] = known
        return known

    def _gross(self, amount: int, refunded: int, total: int | Fault) -> int:
        """What was paid, where the file has what was left of it."""
        if not self.bound.layout.is_net or not refunded:
            return amount
        within = isinstance(total, Fault) or not total or amount + refunded <= total
        return amount + refunded if within else amount

    def _money(self, text: str) -> int | Fault:
        return cell.fen(text) if self.bound.layout.in_fen else cell.money(text)

    def _text_faults(self, values: _Values) -> dict[str, Fault]:
        faults = {
            column: Fault.TOO_LONG
            for column, longest in _LONGEST.items()
            if len(values.get(column, "")) > longest
        }
        if not any(values.get(column) for column in BUYER):
            faults[" / ".join(name for name in BUYER if name in values)] = Fault.NO_BUYER
        number = values.get("order_id")
        if number == "":
            faults["order_id"] = Fault.MISSING
        elif number and cell.is_rounded(number):
            faults["order_id"] = Fault.ROUNDED_NUMBER
        return faults

    def _moment(self, text: str) -> tuple[datetime, date] | Fault:
        """The instant and its business day."""
        known = self._moments.get(text)
        if known is not None:
            return known
        moment = cell.parse_moment(text, self.zone)
        if moment is None and self.bound.layout.in_fen:
            moment = cell.moment_of_seconds(text)
        if moment is None:
            return Fault.NOT_A_DATE if text else Fault.MISSING
        answer = (moment, moment.astimezone(self.zone).date())
        if len(text) <= 10 and len(self._moments) < 50_000:  # bare days come again and again
            self._moments[text] = answer
        return answer

    @staticmethod
    def _read(faults: dict[str, Fault], name: str, value: _Read | Fault) -> _Read | None:
        """The value, or None after noting what is wrong with it."""
        if isinstance(value, Fault):
            faults[name] = value
            return None
        return value
