"""Book orders (订单入账): rows that were read, from wherever, become orders, entries and matches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from contacts.models import OrderEntry
from contacts.rules.order_lines import Fault, OrderLine, Problem
from contacts.selectors.lifecycle import thresholds
from contacts.services import order_sql
from contacts.services.bulk import Incoming
from contacts.services.facts import refresh_facts
from contacts.services.lifecycle import apply_lifecycle, learn_thresholds
from contacts.services.order_faults import SHOWN, refused, yuan

_FILLED = {
    "line": "int",
    "external_id": "text",
    "buyer_ref": "text",
    "buyer_unionid": "text",
    "buyer_phone": "text",
    "paid_at": "timestamptz",
    "paid_on": "date",
    "amount_fen": "bigint",
    "refunded_fen": "bigint",
    "refunded_at": "timestamptz",
    "sku": "text",
    "product": "text",
    "quantity": "int",
    "item_fen": "bigint",
}
_FOUND = {"contact_id": "bigint", "match_kind": "text"}
_INCOMING = Incoming("incoming_order", _FILLED | _FOUND, filled=tuple(_FILLED))


@dataclass(frozen=True)
class Booked:
    """What became of the orders; `new`, `changed` and the unchanged rest add up to `orders`, and
    so do `matched` and those that wait. Money is of these orders, in fen.
    """

    orders: int
    new: int
    changed: int
    matched: int
    revenue_fen: int
    refunded_fen: int
    # Customers whose orders are others now.
    touched: tuple[int, ...]


def book_orders(
    *,
    lines: Iterable[OrderLine],
    source: str,
    now: datetime,
    origin: OrderEntry.Origin,
    learns: bool = False,
    dry_run: bool = False,
) -> Booked:
    """Take these lines in, all of them or none. Doing it again changes nothing.

    An order is known by (source, order id); lines of one order are its products and must agree on
    the rest. Known orders whose amount, refund, time or buyer differ are corrected, each change of
    money by an entry of its ledger. What a line leaves empty stays as known. Facts and stages of
    the buyers follow; `learns` also takes the thresholds of the lifecycle anew, which reads every
    order there is. A dry run answers the same and writes nothing.

    Raises InvalidOrderFile, and whatever `lines` raises.
    """
    with transaction.atomic():
        batch = _Batch(lines)
        _INCOMING.fill(batch.cells())
        parameters: dict[str, Any] = {
            "source": source,
            "now": now,
            "origin": origin.value,
            "zone": settings.TIME_ZONE,
        }
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE pg_temp.incoming_order")
            _refuse_contradictions()
            cursor.execute(order_sql.LOCK, parameters)
            cursor.execute(order_sql.COMPLETE, parameters)
        _refuse_overdrawn()
        match_by_signs("pg_temp.incoming_order")
        booked = _write(parameters, has_products=batch.has_products)
        if dry_run:
            transaction.set_rollback(True)
            return booked
        _follow_up(list(booked.touched), now=now, learns=learns)
    return booked


def match_by_signs(
    table: str, *, now: datetime | None = None, contact_ids: Sequence[int] | None = None
) -> list[int]:
    """Find the customers of rows without one, by the surest sign that fits; answers who was found.

    Of several customers with one phone the first known gets the order. With `now` the rows are
    orders, and a match is news to whoever reads orders by when they came in.
    """
    if contact_ids is not None and not contact_ids:
        return []
    found: set[int] = set()
    stamp = ""
    if now is not None:
        stamp = ", matched_at = %(now)s, imported_at = %(now)s, txid = txid_current()"
    with connection.cursor() as cursor:
        for ours, theirs, kind in order_sql.MATCHES:
            parts = {"table": table, "ours": ours, "theirs": theirs, "kind": kind}
            if contact_ids is not None:
                scope = "AND id = ANY(%(ids)s)"
            else:
                scope = "" if now is not None else order_sql.MENTIONED.format(**parts)
            cursor.execute(
                order_sql.MATCH.format(**parts, scope=scope, stamp=stamp),
                {"ids": list(contact_ids or ()), "now": now},
            )
            found.update(row[0] for row in cursor.fetchall())
    return sorted(found)


class _Batch:
    """The lines on their way into the temporary table, looked at as they pass."""

    def __init__(self, lines: Iterable[OrderLine]) -> None:
        self.has_products = False
        self._lines = lines

    def cells(self) -> Iterator[tuple[object, ...]]:
        for line in self._lines:
            if line.sku:
                self.has_products = True
            yield (
                line.line,
                line.order_id,
                line.buyer_ref,
                line.unionid,
                line.phone,
                line.paid_at,
                line.paid_on,
                line.amount_fen,
                line.refunded_fen,
                line.refunded_at,
                line.sku,
                line.product,
                line.quantity,
                line.item_fen,
            )


def _refuse_contradictions() -> None:
    """Lines of one order number must agree on everything but the product."""
    with connection.cursor() as cursor:
        cursor.execute(order_sql.CONTRADICTIONS)
        found = cursor.fetchall()
    if found:
        problems = [
            Problem(line, "order_id", number, Fault.ANOTHER_ORDER) for line, number in found
        ]
        raise refused(problems[:SHOWN], len(problems))


def _refuse_overdrawn() -> None:
    """An amount may not be corrected to less than what was given back of it."""
    with connection.cursor() as cursor:
        cursor.execute(order_sql.OVERDRAWN)
        found = cursor.fetchall()
    if found:
        problems = [
            Problem(line, "amount", yuan(fen), Fault.AMOUNT_UNDER_REFUND)
            for line, _number, fen in found
        ]
        raise refused(problems[:SHOWN], len(problems))


def _write(parameters: dict[str, Any], *, has_products: bool) -> Booked:
    with connection.cursor() as cursor:
        cursor.execute(order_sql.UPSERT, parameters)
        new, changed, touched = cursor.fetchone() or (0, 0, [])
        if has_products:
            for statement in order_sql.ITEMS:
                cursor.execute(statement, parameters)
        cursor.execute(order_sql.TOTALS, parameters)
        orders, matched, revenue, returned = cursor.fetchone() or (0, 0, 0, 0)
    return Booked(
        orders=orders,
        new=new,
        changed=changed,
        matched=matched,
        revenue_fen=int(revenue),
        refunded_fen=int(returned),
        touched=tuple(touched),
    )


def _follow_up(touched: list[int], *, now: datetime, learns: bool) -> None:
    refresh_facts(contact_ids=touched)
    before = thresholds()
    if learns:
        learn_thresholds(now=now)
    apply_lifecycle(now=now, contact_ids=touched if thresholds() == before else None)
