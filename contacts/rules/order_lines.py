"""What an order file (订单导入) tells, line by line, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Fault(StrEnum):
    """What can be wrong with a value; `contacts.services.order_faults` has the words."""

    MISSING = "missing"
    NOT_A_DATE = "not_a_date"
    NOT_AN_AMOUNT = "not_an_amount"
    NEGATIVE = "negative"
    TOO_MANY_DECIMALS = "too_many_decimals"
    REFUND_OVER_AMOUNT = "refund_over_amount"
    AMOUNT_UNDER_REFUND = "amount_under_refund"
    UNKNOWN_ORDER = "unknown_order"
    REFUND_OF_ANOTHER = "refund_of_another"
    REFUND_CHANGED = "refund_changed"
    NOT_FEN = "not_fen"
    NOT_TEXT = "not_text"
    NOT_A_ROW = "not_a_row"
    TWICE = "twice"
    NO_BUYER = "no_buyer"
    NOT_A_QUANTITY = "not_a_quantity"
    TOO_LONG = "too_long"
    ROUNDED_NUMBER = "rounded_number"
    ANOTHER_ORDER = "another_order"
    BAD_SIBLING = "bad_sibling"
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
    """A line that may be kept. `order_id` is "" when the file numbers no orders.

    `refunded_fen` is all that was given back of the order so far; None leaves what is known.
    `refunded_at` is when the last of it was. `item_fen` is what of the order's amount was paid for
    this line's product.
    """

    line: int
    order_id: str
    buyer_ref: str
    unionid: str
    phone: str
    paid_at: datetime
    paid_on: date
    amount_fen: int
    refunded_fen: int | None
    sku: str
    product: str
    quantity: int
    item_fen: int | None = None
    refunded_at: datetime | None = None

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


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One refund with a number of its own. `amount_fen` is above 0; without `refunded_at` it
    counts for the moment when it is booked.
    """

    line: int
    order_id: str
    refund_id: str
    amount_fen: int
    refunded_at: datetime | None = None
