"""Bring the shop's orders in (订单导入) and find the customers they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from contacts.rules.order_lines import Fault, Problem
from contacts.selectors.lifecycle import thresholds
from contacts.services import order_sql
from contacts.services.bulk import Incoming
from contacts.services.facts import refresh_facts
from contacts.services.lifecycle import apply_lifecycle, learn_thresholds
from contacts.services.order_faults import SHOWN, refused
from contacts.services.order_file import OrderFile, Progress

_INCOMING = Incoming(
    "incoming_order",
    {
        "line": "int",
        "external_id": "text",
        "buyer_ref": "text",
        "buyer_unionid": "text",
        "buyer_phone": "text",
        "paid_at": "timestamptz",
        "paid_on": "date",
        "amount_fen": "bigint",
        "refunded_fen": "bigint",
        "sku": "text",
        "product": "text",
        "quantity": "int",
        "contact_id": "bigint",
    },
    filled=(
        "line",
        "external_id",
        "buyer_ref",
        "buyer_unionid",
        "buyer_phone",
        "paid_at",
        "paid_on",
        "amount_fen",
        "refunded_fen",
        "sku",
        "product",
        "quantity",
    ),
)


@dataclass(frozen=True)
class ImportReport:
    """What an import did. `lines` of the file make `orders`; of these `new`, `changed` and
    `unchanged` add up, and so do `matched` and `waiting`. Money is of the file's orders, in fen.
    """

    lines: int
    orders: int
    new: int
    changed: int
    unchanged: int
    matched: int
    waiting: int
    revenue_fen: int
    refunded_fen: int


def import_orders(
    *,
    path: Path,
    source: str,
    now: datetime,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Take a file of orders in, all of it or nothing. Doing it again changes nothing.

    An order is known by (source, order number). Known orders whose amount, refund, time or buyer
    differ are updated. A dry run answers the same report and writes nothing. Raises
    InvalidOrderFile.
    """
    with transaction.atomic():
        file = OrderFile(path, on_progress=on_progress)
        _INCOMING.fill(_cells(file))
        if file.problem_count:
            raise refused(file.problems, file.problem_count)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE pg_temp.incoming_order")
        _refuse_contradictions()
        _match("pg_temp.incoming_order", now=None)
        touched, report = _write(file, source=source, now=now)
        if dry_run:
            transaction.set_rollback(True)
            return report
        _follow_up(touched, now=now)
    return report


def match_waiting_orders(*, now: datetime, contact_ids: Sequence[int] | None = None) -> list[int]:
    """Give orders that wait for their buyer to these customers (None: to all).

    By external_userid, then unionid, then phone, then the shop's customer number when it is one
    of the first two. Of several customers with one phone the first known gets the order. Answers
    the customers that got orders; facts and stages are the caller's to refresh.
    """
    return _match("contacts_order", now=now, contact_ids=contact_ids)


def _cells(file: OrderFile) -> Iterator[tuple[object, ...]]:
    for line in file.lines():
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
            line.sku,
            line.product,
            line.quantity,
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


def _match(
    table: str, *, now: datetime | None, contact_ids: Sequence[int] | None = None
) -> list[int]:
    if contact_ids is not None and not contact_ids:
        return []
    matched: set[int] = set()
    scope = "" if contact_ids is None else "AND id = ANY(%(ids)s)"
    # A match is news to whoever reads orders by when they came in.
    stamp = "" if now is None else ", imported_at = %(now)s, txid = txid_current()"
    with connection.cursor() as cursor:
        for ours, theirs in order_sql.MATCHES:
            cursor.execute(
                order_sql.MATCH.format(
                    table=table, ours=ours, theirs=theirs, scope=scope, stamp=stamp
                ),
                {"ids": list(contact_ids or ()), "now": now},
            )
            matched.update(row[0] for row in cursor.fetchall())
    return sorted(matched)


def _write(file: OrderFile, *, source: str, now: datetime) -> tuple[list[int], ImportReport]:
    parameters: dict[str, Any] = {"source": source, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(order_sql.UPSERT, parameters)
        new, changed, touched = cursor.fetchone() or (0, 0, [])
        if file.has_products:
            for statement in order_sql.ITEMS:
                cursor.execute(statement, parameters)
        cursor.execute(order_sql.TOTALS, parameters)
        orders, matched, revenue, refunded = cursor.fetchone() or (0, 0, 0, 0)
    return touched, ImportReport(
        lines=file.lines_read,
        orders=orders,
        new=new,
        changed=changed,
        unchanged=orders - new - changed,
        matched=matched,
        waiting=orders - matched,
        revenue_fen=int(revenue),
        refunded_fen=int(refunded),
    )


def _follow_up(touched: list[int], *, now: datetime) -> None:
    refresh_facts(contact_ids=touched)
    before = thresholds()
    learn_thresholds(now=now)
    apply_lifecycle(now=now, contact_ids=touched if thresholds() == before else None)
