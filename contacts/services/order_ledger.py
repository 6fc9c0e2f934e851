"""Check every order against its ledger (订单对账), and put right what does not agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from contacts.models import Order
from contacts.services.facts import refresh_facts
from scrm.audit.services import record_act

# Orders in one statement: some megabytes of sums, and short locks.
_CHUNK = 200_000
_MOST_NAMED = 20

# Entries are summed by the index on (order, id), which has them in order; the planner carries no
# range from one table to the other, so both are told.
_SUMS = """
SELECT o.id, count(e.id) AS entries,
    COALESCE(sum(e.amount_fen) FILTER (WHERE e.kind <> 'refund'), 0) AS amount_fen,
    COALESCE(-sum(e.amount_fen) FILTER (WHERE e.kind = 'refund'), 0) AS refunded_fen
FROM contacts_order o LEFT JOIN contacts_orderentry e ON e.order_id = o.id AND {entries}
WHERE {orders}
GROUP BY o.id
"""

_DIFFERENT = """
SELECT o.id FROM contacts_order o JOIN ({sums}) s USING (id)
WHERE s.entries = 0 OR (o.amount_fen, o.refunded_fen) <> (s.amount_fen, s.refunded_fen)
""".format(
    sums=_SUMS.format(
        orders="o.id > %(after)s AND o.id <= %(until)s",
        entries="e.order_id > %(after)s AND e.order_id <= %(until)s",
    )
)

_LOCK = "SELECT id FROM contacts_order WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"

_OPEN = """
INSERT INTO contacts_orderentry (order_id, kind, amount_fen, at, happened_on, external_id, origin,
    imported_at)
SELECT o.id, entry.kind, entry.fen, o.paid_at, o.paid_on, '', 'check', %(now)s
FROM contacts_order o
CROSS JOIN LATERAL (VALUES ('sale', o.amount_fen), ('refund', -o.refunded_fen)) entry (kind, fen)
WHERE o.id = ANY(%(ids)s) AND (entry.kind = 'sale' OR entry.fen <> 0)
    AND NOT EXISTS (SELECT 1 FROM contacts_orderentry e WHERE e.order_id = o.id)
"""

_MEND = """
UPDATE contacts_order o SET amount_fen = s.amount_fen, refunded_fen = s.refunded_fen,
    imported_at = %(now)s
FROM ({sums}) s
WHERE o.id = s.id AND (o.amount_fen, o.refunded_fen) <> (s.amount_fen, s.refunded_fen)
    AND s.refunded_fen BETWEEN 0 AND s.amount_fen
RETURNING o.id, o.contact_id
""".format(sums=_SUMS.format(orders="o.id = ANY(%(ids)s)", entries="e.order_id = ANY(%(ids)s)"))


@dataclass
class LedgerCheck:
    """What was found: orders looked at; without any entry (they got one); whose columns were set
    to the sums of their entries; whose entries make no sense and were left alone.
    """

    orders: int = 0
    opened: int = 0
    mended: int = 0
    senseless: int = 0


def check_ledger(*, now: datetime) -> LedgerCheck:
    """Compare the columns of all orders with the sums of their entries, some at a time.

    Entries are the truth. An order without any was written by a worker from before the ledger;
    its columns become its opening entries. What was put right stands in the operation log.
    """
    found = LedgerCheck()
    named: list[int] = []
    last = Order.objects.aggregate(last=Max("pk"))["last"] or 0
    for after in range(0, last, _CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(_DIFFERENT, {"after": after, "until": after + _CHUNK})
            different = [row[0] for row in cursor.fetchall()]
        if different:
            _put_right(different, found, now=now)
            named += different[: _MOST_NAMED - len(named)]
    found.orders = Order.objects.count()
    if named:
        details: dict[str, Any] = {**vars(found), "first_orders": sorted(named)}
        record_act(action="order.mend_ledger", operator=None, now=now, details=details)
    return found


def _put_right(ids: Sequence[int], found: LedgerCheck, *, now: datetime) -> None:
    parameters: dict[str, Any] = {"ids": list(ids), "now": now}
    with transaction.atomic(), connection.cursor() as cursor:
        # Locked first: whoever books into one of them now has committed both or nothing.
        cursor.execute(_LOCK, parameters)
        without = len(ids) - _with_entries(ids)
        cursor.execute(_OPEN, parameters)
        cursor.execute(_MEND, parameters)
        mended = cursor.fetchall()
        found.opened += without
        found.mended += len(mended)
        found.senseless += len(ids) - without - len(mended)
        refresh_facts(contact_ids=sorted({row[1] for row in mended if row[1] is not None}))


def _with_entries(ids: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT order_id) FROM contacts_orderentry WHERE order_id = ANY(%s)",
            [list(ids)],
        )
        return int(cursor.fetchone()[0])
