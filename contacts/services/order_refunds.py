"""Book refunds (退款) that come with numbers of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from contacts.models import Order, OrderEntry
from contacts.rules.order_lines import Fault, Problem, RefundLine
from contacts.services import order_sql
from contacts.services.facts import refresh_facts
from contacts.services.order_faults import yuan
from scrm.segments.days import business_day

# Names in one question to the database.
_ASKED_AT_ONCE = 5_000

_ADD = """
UPDATE contacts_order o SET refunded_fen = o.refunded_fen + told.fen, imported_at = %(now)s
FROM (SELECT unnest(%(ids)s::bigint[]) AS id, unnest(%(fen)s::bigint[]) AS fen) told
WHERE o.id = told.id
"""


@dataclass(frozen=True)
class RefundsBooked:
    """What became of the refunds: taken now, known before, refused with the reason."""

    new: int
    known: int
    refunded_fen: int
    refused: tuple[Problem, ...]


def book_refunds(
    *,
    lines: Iterable[RefundLine],
    source: str,
    now: datetime,
    origin: OrderEntry.Origin,
    dry_run: bool = False,
) -> RefundsBooked:
    """Take the refunds that can be taken; the others are told by line and column.

    A refund is known by (source, order, refund number): the same again changes nothing. Refused
    are refunds of unknown orders, above what is left of the order's amount, with the number of
    another order's refund, or with another amount than before. Lines count in their order.
    """
    told = list(lines)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(order_sql.LOCK, {"source": source})
        judge = _Judge(_orders(told, source), _booked(told, source))
        for line in told:
            judge.take(line)
        answer = RefundsBooked(
            new=len(judge.taken),
            known=judge.known,
            refunded_fen=sum(line.amount_fen for _order, line in judge.taken),
            refused=tuple(judge.refused),
        )
        if not dry_run:
            _write(judge.taken, origin=origin, now=now)
    return answer


@dataclass
class _Judge:
    """Decides line by line, knowing what the lines before have used up."""

    orders: dict[str, Order]
    # Refund number → (order, fen), as booked.
    booked: dict[str, tuple[int, int]]
    taken: list[tuple[Order, RefundLine]] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    known: int = 0

    def take(self, line: RefundLine) -> None:
        order = self.orders.get(line.order_id)
        if order is None:
            self._refuse(line, "order_id", line.order_id, Fault.UNKNOWN_ORDER)
        elif line.refund_id in self.booked:
            self._take_again(line, order)
        elif order.refunded_fen + line.amount_fen > order.amount_fen:
            self._refuse(line, "amount", yuan(line.amount_fen), Fault.REFUND_OVER_AMOUNT)
        else:
            # Only counted here; `_ADD` writes it.
            order.refunded_fen += line.amount_fen
            self.booked[line.refund_id] = (order.pk, line.amount_fen)
            self.taken.append((order, line))

    def _take_again(self, line: RefundLine, order: Order) -> None:
        order_pk, fen = self.booked[line.refund_id]
        if order_pk != order.pk:
            self._refuse(line, "refund_id", line.refund_id, Fault.REFUND_OF_ANOTHER)
        elif fen != line.amount_fen:
            self._refuse(line, "amount", yuan(line.amount_fen), Fault.REFUND_CHANGED)
        else:
            self.known += 1

    def _refuse(self, line: RefundLine, column: str, value: str, fault: Fault) -> None:
        self.refused.append(Problem(line.line, column, value, fault))


def _orders(told: Sequence[RefundLine], source: str) -> dict[str, Order]:
    names = sorted({line.order_id for line in told})
    return {
        order.external_id: order
        for some in _portions(names)
        for order in Order.objects.filter(source=source, external_id__in=some)
    }


def _booked(told: Sequence[RefundLine], source: str) -> dict[str, tuple[int, int]]:
    names = sorted({line.refund_id for line in told})
    found: dict[str, tuple[int, int]] = {}
    for some in _portions(names):
        rows = OrderEntry.objects.filter(external_id__in=some, order__source=source)
        for name, order, fen in rows.values_list("external_id", "order", "amount_fen"):
            found[name] = (order, -fen)
    return found


def _portions(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + _ASKED_AT_ONCE] for start in range(0, len(names), _ASKED_AT_ONCE))


def _write(
    taken: Sequence[tuple[Order, RefundLine]], *, origin: OrderEntry.Origin, now: datetime
) -> None:
    if not taken:
        return
    OrderEntry.objects.bulk_create(
        (
            OrderEntry(
                order=order,
                kind=OrderEntry.Kind.REFUND,
                amount_fen=-line.amount_fen,
                at=line.refunded_at or now,
                happened_on=business_day(line.refunded_at or now),
                external_id=line.refund_id,
                origin=origin,
                imported_at=now,
            )
            for order, line in taken
        ),
        batch_size=2_000,
    )
    sums: dict[int, int] = {}
    for order, line in taken:
        sums[order.pk] = sums.get(order.pk, 0) + line.amount_fen
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {"ids": list(sums), "fen": list(sums.values()), "now": now})
    buyers = {order.contact_id for order, _line in taken if order.contact_id is not None}
    refresh_facts(contact_ids=sorted(buyers))
