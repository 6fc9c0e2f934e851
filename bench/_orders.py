"""Customers with their orders, straight into the tables, the same for the same numbers.

A customer begins on some day of the last thousand and orders with growing and shrinking gaps for a
season or two, about ten times; the ledger lies in the order in which the orders were paid.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
PER_CUSTOMER = 10

_CUSTOMERS = """
INSERT INTO contacts_contact (external_userid, name, kind, gender, avatar, corp_name, position,
    unionid, phone, profile, relation, first_followed_at, stage, stage_since, lost_kind,
    content_hash)
SELECT 'wm-' || n, 'Customer', 1, 0, '', '', '', '', '', '{}', 'friend', %(now)s, 'new', %(now)s,
    '', ''
FROM generate_series(1, %(customers)s) n
"""
_ORDERS = """
INSERT INTO contacts_order (source, external_id, contact_id, buyer_ref, buyer_unionid, buyer_phone,
    paid_at, paid_on, amount_fen, refunded_fen, imported_at)
SELECT 'bench', row_number() OVER (), id, '', '', '', day::timestamptz, day,
    amount, CASE WHEN random() < 0.05 THEN floor(random() * amount)::int ELSE 0 END, %(imported)s
FROM (
    SELECT id, 1000 + floor(random() * 20000)::int AS amount,
        began + floor(-ln(1 - random()) * pace)::int AS day
    FROM (
        SELECT id, %(today)s::date - floor(random() * 1000)::int AS began,
            20 + random() * 100 AS pace,
            1 + floor(-ln(1 - random()) * (%(each)s - 0.5))::int AS how_many
        FROM contacts_contact
    ) customers, generate_series(1, how_many)
    ORDER BY day
) drawn
WHERE day <= %(today)s
"""
_NEW_ORDERS = """
INSERT INTO contacts_order (source, external_id, contact_id, buyer_ref, buyer_unionid, buyer_phone,
    paid_at, paid_on, amount_fen, refunded_fen, imported_at)
SELECT 'bench', %(batch)s || '-' || n, low + floor(random() * (high - low + 1))::bigint, '', '', '',
    %(now)s, %(today)s, 1000 + floor(random() * 20000)::int, 0, %(now)s
FROM generate_series(1, %(orders)s) n,
    (SELECT min(id) AS low, max(id) AS high FROM contacts_contact) ids
"""


def load(*, orders: int, customers: int) -> int:
    """Fill empty tables; answers how many orders there are. Statistics as autovacuum keeps them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        # The rows are consistent by how they are made; checking each costs as much as writing it.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_CUSTOMERS, {"now": NOW, "customers": customers})
        load_orders(cursor, each=orders / customers)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE contacts_contact")
        cursor.execute("VACUUM ANALYZE contacts_order")
        cursor.execute("SELECT count(*) FROM contacts_order")
        return int(cursor.fetchone()[0])


def load_orders(cursor: Any, *, each: float, now: datetime = NOW) -> None:
    """For the customers that are there, about `each` a customer; indexes are made afterwards."""
    # Some would lie in the future and are left out.
    drawn = each * 1.07
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'contacts_order'"
        " AND indexdef NOT LIKE 'CREATE UNIQUE%%'"
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("SET work_mem = '256MB'")
    cursor.execute("SET maintenance_work_mem = '512MB'")
    cursor.execute(
        _ORDERS, {"today": now.date(), "imported": now - timedelta(days=1), "each": drawn}
    )
    for _name, definition in indexes:
        cursor.execute(definition)
    cursor.execute("RESET work_mem")
    cursor.execute("RESET maintenance_work_mem")


def arrive(orders: int, *, batch: int, begin: datetime = NOW) -> datetime:
    """So many new orders of random customers; answers when they came in."""
    from django.db import connection

    now = begin + timedelta(hours=batch)
    with connection.cursor() as cursor:
        cursor.execute(
            _NEW_ORDERS, {"orders": orders, "batch": str(batch), "now": now, "today": now.date()}
        )
    return now


def models_as_of_last_night() -> None:
    """Models of such a shop, so that a refresh has to say what it expects of each customer."""
    from analytics.models import ModelFit

    for kind, parameters in (
        (ModelFit.Kind.MBGNBD, {"r": 0.9, "alpha": 30.0, "a": 0.6, "b": 4.0}),
        (ModelFit.Kind.GAMMA_GAMMA, {"p": 6.25, "q": 3.74, "v": 1544.0}),
    ):
        ModelFit.objects.create(
            kind=kind,
            parameters=parameters,
            customers=1,
            repeaters=1,
            converged=True,
            data_from=NOW.date(),
            data_to=NOW.date(),
            created_at=NOW,
        )
