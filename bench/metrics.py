"""Sums of every customer: the rebuild and the refresh against the bare SQL of the same sums.

The floor writes the same rows into empty tables and gives them their keys, without comparing with
what is there. Medians of three rounds, in turn. Run: `python -m bench.metrics [--orders N]`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bench._database import throw_away_database

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
ROUNDS = 3
PER_CUSTOMER = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=300_000)
    orders = parser.parse_args().orders
    with throw_away_database():
        fill(orders)
        measure(orders)


def fill(orders: int) -> None:
    """Customers with ten orders each over three years, in the order they were paid."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(
            """
            INSERT INTO contacts_contact (external_userid, name, kind, gender, avatar, corp_name,
                position, unionid, phone, profile, relation, first_followed_at, stage, stage_since,
                lost_kind, content_hash)
            SELECT 'wm-' || n, 'Customer', 1, 0, '', '', '', '', '', '{}', 'friend', %s, 'new', %s,
                   '', ''
            FROM generate_series(1, %s) n
            """,
            [NOW, NOW, orders // PER_CUSTOMER],
        )
        insert_orders(orders, imported_at=NOW - timedelta(days=1), first=1)
        cursor.execute("VACUUM ANALYZE contacts_order")


def insert_orders(how_many: int, *, imported_at: datetime, first: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO contacts_order (source, external_id, contact_id, buyer_ref, buyer_unionid,
                buyer_phone, paid_at, paid_on, amount_fen, refunded_fen, imported_at)
            SELECT 'bench', n, low + floor(random() * (high - low + 1))::bigint, '', '', '',
                   day::timestamptz, day::date, 1000 + floor(random() * 20000)::int,
                   floor(random() * 1000)::int, %s
            FROM generate_series(%s, %s) n,
                 LATERAL (SELECT %s::date - floor(random() * 1000 + n * 0)::int AS day) paid,
                 (SELECT min(id) AS low, max(id) AS high FROM contacts_contact) ids
            """,
            [imported_at, first, first + how_many - 1, NOW.date()],
        )


def measure(orders: int) -> None:
    from analytics.services.refresh import rebuild_metrics, refresh_metrics

    times: dict[str, list[float]] = {name: [] for name in ("floor", "fill", "check", "refresh")}
    following = orders + 1
    batch = max(orders // 1000, 1)
    for number in range(ROUNDS):
        empty()
        times["floor"].append(seconds(floor))
        times["fill"].append(seconds(lambda: rebuild_metrics(now=NOW)))
        times["check"].append(seconds(lambda: rebuild_metrics(now=NOW)))
        later = NOW + timedelta(hours=number)
        insert_orders(batch, imported_at=later, first=following)
        following += batch
        times["refresh"].append(seconds(lambda now=later: refresh_metrics(now=now)))
    middle = {name: statistics.median(measured) for name, measured in times.items()}
    base = middle["floor"]
    print(f"{orders:,} orders, {orders // PER_CUSTOMER:,} customers; seconds, ratio to the floor")
    for name, words in (
        ("floor", "bare SQL into empty tables"),
        ("fill", "rebuild into empty tables"),
        ("check", "rebuild that finds everything right"),
        ("refresh", f"refresh after {batch:,} new orders"),
    ):
        print(f"  {words:38} {middle[name]:8.3f}  {middle[name] / base:6.2f}")


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE analytics_contactmetrics, analytics_customermonth, analytics_metricsrun"
        )


def floor() -> None:
    from django.db import connection, transaction

    from analytics.services.roll_ups import CUSTOMERS, MONTHS

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashagg = off")
        for roll_up in (CUSTOMERS, MONTHS):
            cursor.execute(f"CREATE TABLE floor AS {roll_up.query.format(scope='')}")
            cursor.execute(f"ALTER TABLE floor ADD PRIMARY KEY ({', '.join(roll_up.key)})")
            cursor.execute("DROP TABLE floor")


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
