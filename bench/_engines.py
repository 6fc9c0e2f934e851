"""One contender of bench.metrics: all sums of all customers from the order ledger, in its own way.

`python -m bench._engines NAME [FILE]` reads the orders (from Postgres, or from a Parquet file),
computes both tables and writes them back into Postgres with their keys. Prints JSON: seconds (start
of the program not counted), its processor seconds, and the most memory it held in bytes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

LEDGER = """
SELECT contact_id, paid_on, amount_fen, refunded_fen FROM contacts_order
WHERE contact_id IS NOT NULL
"""
CUSTOMERS, MONTHS = "bench_customers", "bench_months"
KEYS = {CUSTOMERS: "contact_id", MONTHS: "contact_id, month"}
_DAYS = """
SELECT contact_id, paid_on, count(*) AS orders, sum(amount_fen)::BIGINT AS revenue,
    sum(refunded_fen)::BIGINT AS refunded
FROM {orders} GROUP BY ALL
"""
_CUSTOMERS = """
SELECT contact_id, min(paid_on) AS first_on, min(paid_on, 2)[2] AS second_on,
    max(paid_on) AS last_on, count(*)::INTEGER AS purchase_days, sum(orders)::INTEGER AS orders,
    sum(revenue)::BIGINT AS revenue_fen, sum(refunded)::BIGINT AS refunded_fen,
    arg_min(revenue - refunded, paid_on)::BIGINT AS first_day_fen
FROM days GROUP BY contact_id
"""
_MONTHS = """
SELECT contact_id, month, cohort, date_diff('month', cohort, month)::SMALLINT AS "offset",
    purchase_days, orders, net_fen
FROM (
    SELECT contact_id, date_trunc('month', paid_on)::DATE AS month,
        count(*)::SMALLINT AS purchase_days, sum(orders)::INTEGER AS orders,
        sum(revenue - refunded)::BIGINT AS net_fen
    FROM days GROUP BY ALL
) monthly JOIN (
    SELECT contact_id, date_trunc('month', min(paid_on))::DATE AS cohort FROM days GROUP BY ALL
) began USING (contact_id)
"""


def address() -> str:
    """The database in the form that Postgres' own library reads."""
    from django.db import connection

    asked = connection.get_connection_params()
    names = ("dbname", "host", "port", "user", "password")
    return "postgresql:///?" + urlencode({name: asked[name] for name in names if asked.get(name)})


def ledger_over_adbc() -> Any:
    """The orders as an Arrow table."""
    import adbc_driver_postgresql.dbapi as postgres

    with postgres.connect(address()) as connection, connection.cursor() as cursor:
        cursor.execute(LEDGER)
        return cursor.fetch_arrow_table()


def write_back(tables: dict[str, Any]) -> None:
    """By binary COPY, the keys afterwards."""
    import adbc_driver_postgresql.dbapi as postgres

    with postgres.connect(address()) as connection:
        with connection.cursor() as cursor:
            for name, rows in tables.items():
                cursor.adbc_ingest(name, rows, mode="append")
                cursor.execute(f"ALTER TABLE {name} ADD PRIMARY KEY ({KEYS[name]})")
        connection.commit()


def duckdb_over(orders: Any) -> None:
    import duckdb

    database = duckdb.connect()
    if isinstance(orders, str):
        source = f"read_parquet('{orders}')"
    else:
        database.register("arrived", orders)
        source = "arrived"
    database.execute(f"CREATE TEMP TABLE days AS {_DAYS.format(orders=source)}")
    found = {
        name: database.sql(query).to_arrow_table()
        for name, query in ((CUSTOMERS, _CUSTOMERS), (MONTHS, _MONTHS))
    }
    write_back(found)


def polars_over(orders: Any) -> None:
    import polars as pl

    rows = pl.scan_parquet(orders) if isinstance(orders, str) else pl.from_arrow(orders).lazy()
    days = (
        rows.group_by("contact_id", "paid_on")
        .agg(
            pl.len().alias("orders"),
            pl.col("amount_fen").sum().alias("revenue"),
            pl.col("refunded_fen").sum().alias("refunded"),
        )
        .sort("contact_id", "paid_on")
        .collect()
        .lazy()
    )
    net = pl.col("revenue") - pl.col("refunded")
    by_customer = days.group_by("contact_id", maintain_order=True)
    customers = by_customer.agg(
        pl.col("paid_on").first().alias("first_on"),
        pl.col("paid_on").slice(1, 1).first().alias("second_on"),
        pl.col("paid_on").last().alias("last_on"),
        pl.len().cast(pl.Int32).alias("purchase_days"),
        pl.col("orders").sum().cast(pl.Int32).alias("orders"),
        pl.col("revenue").sum().alias("revenue_fen"),
        pl.col("refunded").sum().alias("refunded_fen"),
        net.first().alias("first_day_fen"),
    )
    month, cohort = pl.col("month"), pl.col("cohort")
    months = (
        days.with_columns(pl.col("paid_on").dt.truncate("1mo").alias("month"))
        .group_by("contact_id", "month", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int16).alias("purchase_days"),
            pl.col("orders").sum().cast(pl.Int32).alias("orders"),
            net.sum().alias("net_fen"),
        )
        .with_columns(month.first().over("contact_id").alias("cohort"))
        .select(
            "contact_id",
            "month",
            "cohort",
            (
                (month.dt.year() - cohort.dt.year()) * 12
                + month.dt.month().cast(pl.Int32)
                - cohort.dt.month().cast(pl.Int32)
            )
            .cast(pl.Int16)
            .alias("offset"),
            "purchase_days",
            "orders",
            "net_fen",
        )
    )
    found = pl.collect_all([customers, months])
    write_back(
        {
            CUSTOMERS: found[0].to_arrow(compat_level=pl.CompatLevel.oldest()),
            MONTHS: found[1].to_arrow(compat_level=pl.CompatLevel.oldest()),
        }
    )


def ours(_file: str) -> None:
    from django.utils import timezone

    from analytics.services.refresh import rebuild_metrics

    rebuild_metrics(now=timezone.now())


def export(file: str) -> None:
    """The orders as a Parquet file, which costs the others nothing here."""
    from pyarrow import parquet

    parquet.write_table(ledger_over_adbc(), file)


CONTENDERS: dict[str, Callable[[str], None]] = {
    "ours": ours,
    "export": export,
    "duckdb": lambda _file: duckdb_over(ledger_over_adbc()),
    "polars": lambda _file: polars_over(ledger_over_adbc()),
    "duckdb-file": duckdb_over,
    "polars-file": polars_over,
}
MODULES = {"duckdb": ("duckdb",), "polars": ("polars",), "export": ("pyarrow.parquet",)}


def main(name: str, file: str = "") -> None:
    import importlib

    import django

    django.setup()
    if name != "ours":
        needed = MODULES[name.removesuffix("-file")]
        for module in (*needed, "pyarrow", "adbc_driver_postgresql.dbapi"):
            importlib.import_module(module)
    else:
        importlib.import_module("analytics.services.refresh")
    began, worked = time.perf_counter(), time.process_time()
    CONTENDERS[name](file)
    seconds = time.perf_counter() - began
    print(
        json.dumps(
            {
                "seconds": seconds,
                "processor": time.process_time() - worked,
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main(*sys.argv[1:])
