"""Take orders and refunds that programs send: what is right is booked, each other row is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext

from contacts.models import Order, OrderEntry
from contacts.rules.order_lines import Fault, OrderLine, Problem
from contacts.rules.order_rows import RowReader
from contacts.services import order_sql
from contacts.services.order_booking import book_orders
from contacts.services.order_faults import WORDS
from contacts.services.order_refunds import book_refunds

MOST_ROWS = 1_000
# Columns of files by the names that programs use.
_FIELDS = {"amount": "amount_fen", "refunded": "refunded_fen"}


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: `row` counts from 0 in `list` ("orders", "refunds"); `field` names
    the wrong value and `message` says what to send instead. `code` is for programs.
    """

    list: str
    row: int
    field: str
    code: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass
class Taken:
    """What became of the rows; the counts and the refused rows add up to what was sent."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refunds_new: int = 0
    refunds_known: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {name: value for name, value in vars(self).items() if isinstance(value, int)}


@transaction.atomic
def take_rows(
    *,
    source: str,
    orders: Iterable[tuple[int, object]] = (),
    refunds: Iterable[tuple[int, object]] = (),
    now: datetime,
    origin: OrderEntry.Origin,
) -> Taken:
    """Book the rows of one message, given with their places: orders first, so that refunds may
    name them.

    Sending a message again changes nothing. At most `MOST_ROWS` rows each: the door's to check.
    """
    reader = RowReader(ZoneInfo(settings.TIME_ZONE))
    taken = Taken()
    lines = list(reader.orders(orders))
    taken.refused += [_refusal("orders", problem) for problem in reader.problems]
    if lines:
        _take_orders(lines, taken, source=source, now=now, origin=origin)
    reader.problems.clear()
    told = list(reader.refunds(refunds))
    taken.refused += [_refusal("refunds", problem) for problem in reader.problems]
    if told:
        booked = book_refunds(lines=told, source=source, now=now, origin=origin)
        taken.refunds_new, taken.refunds_known = booked.new, booked.known
        taken.refused += [_refusal("refunds", problem) for problem in booked.refused]
    return taken


def _take_orders(
    lines: list[OrderLine],
    taken: Taken,
    *,
    source: str,
    now: datetime,
    origin: OrderEntry.Origin,
) -> None:
    overdrawn = _overdrawn(lines, source)
    taken.refused += [_refusal("orders", problem) for problem in overdrawn.values()]
    good = [line for line in lines if line.line not in overdrawn]
    if not good:
        return
    booked = book_orders(lines=good, source=source, now=now, origin=origin)
    taken.new, taken.changed = booked.new, booked.changed
    taken.unchanged = booked.orders - booked.new - booked.changed


def _overdrawn(lines: list[OrderLine], source: str) -> dict[int, Problem]:
    """Rows whose amount is less than what is known to be given back, by their place."""
    asked = {line.order_id: line for line in lines if line.refunded_fen is None}
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(order_sql.LOCK, {"source": source})
    known = Order.objects.filter(source=source, external_id__in=asked, refunded_fen__gt=0)
    problems = {}
    for number, refunded in known.values_list("external_id", "refunded_fen"):
        line = asked[number]
        if line.amount_fen < refunded:
            problems[line.line] = Problem(
                line.line, "amount", str(line.amount_fen), Fault.AMOUNT_UNDER_REFUND
            )
    return problems


def _refusal(kind: str, problem: Problem) -> Refusal:
    words = gettext(WORDS[problem.fault])
    return Refusal(
        list=kind,
        row=problem.line,
        field=_FIELDS.get(problem.column, problem.column),
        code=problem.fault.value,
        message=f"“{problem.value}” {words}" if problem.value else words,
    )
