"""Tables that are sums over the order ledger, and the one way they are brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

# Orders of one customer on one day are one purchase day. Sums of whole fen in float8 are exact
# far beyond any shop's turnover (2^53 fen) and much cheaper than Postgres' numeric sums.
_DAYS = """
    SELECT contact_id, paid_on, count(*) AS orders,
           sum(amount_fen::float8) AS revenue, sum(refunded_fen::float8) AS refunded
    FROM contacts_order
    WHERE contact_id IS NOT NULL {scope}
    GROUP BY contact_id, paid_on
"""


@dataclass(frozen=True)
class RollUp:
    """`query` gives `key` and `columns` of what the table should hold."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    query: str
    stamp: str = ""


CUSTOMERS = RollUp(
    table="analytics_contactmetrics",
    key=("contact_id",),
    columns=(
        "first_on",
        "second_on",
        "last_on",
        "purchase_days",
        "orders",
        "revenue_fen",
        "refunded_fen",
        "first_day_fen",
    ),
    stamp="computed_at",
    query=f"""
    SELECT contact_id, min(paid_on) AS first_on,
           min(paid_on) FILTER (WHERE nth = 2) AS second_on, max(paid_on) AS last_on,
           count(*)::int AS purchase_days, sum(orders)::int AS orders,
           sum(revenue)::bigint AS revenue_fen, sum(refunded)::bigint AS refunded_fen,
           (sum(revenue - refunded) FILTER (WHERE nth = 1))::bigint AS first_day_fen
    FROM (
        SELECT days.*, row_number() OVER (PARTITION BY contact_id ORDER BY paid_on) AS nth
        FROM ({_DAYS}) days
    ) numbered
    GROUP BY contact_id
    """,  # noqa: S608 – constants of this module
)

MONTHS = RollUp(
    table="analytics_customermonth",
    key=("contact_id", "month"),
    columns=("cohort", '"offset"', "purchase_days", "orders", "net_fen"),
    query=f"""
    SELECT contact_id, month, cohort,
           (12 * (extract(year FROM month) - extract(year FROM cohort))
            + extract(month FROM month) - extract(month FROM cohort))::smallint AS "offset",
           purchase_days, orders, net_fen
    FROM (
        SELECT contact_id, month, min(month) OVER (PARTITION BY contact_id) AS cohort,
               count(*)::smallint AS purchase_days, sum(orders)::int AS orders,
               sum(revenue - refunded)::bigint AS net_fen
        FROM (
            SELECT days.*, date_trunc('month', paid_on::timestamp)::date AS month
            FROM ({_DAYS}) days
        ) dated
        GROUP BY contact_id, month
    ) monthly
    """,  # noqa: S608 – constants of this module
)


def bring_up_to_date(roll_up: RollUp, *, now: datetime, scope: str) -> int:
    """Make the table equal to its query, writing only rows that differ; returns how many did.

    `scope` names a table with a column `contact_id`; empty means every customer. Readers are
    never blocked and never see the table empty.
    """
    condition = f"AND contact_id IN (SELECT contact_id FROM {scope})" if scope else ""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.fresh")
        # The ledger's index has the rows in order; hashing them would spill to disk.
        cursor.execute("SET LOCAL enable_hashagg = off")
        cursor.execute(
            f"CREATE TEMP TABLE fresh ON COMMIT DROP AS {roll_up.query.format(scope=condition)}"
        )
        cursor.execute("SET LOCAL enable_hashagg TO DEFAULT")
        cursor.execute("ANALYZE fresh")
        cursor.execute(
            f"DELETE FROM {roll_up.table} kept"  # noqa: S608 – names of this module
            f" WHERE NOT EXISTS (SELECT FROM fresh WHERE {_same_key(roll_up)}) {condition}"
        )
        changed = int(cursor.rowcount)
        cursor.execute(*_write_different(roll_up, now))
        return changed + int(cursor.rowcount)


def _write_different(roll_up: RollUp, now: datetime) -> tuple[str, list[datetime]]:
    keys = ", ".join(roll_up.key)
    names = [*roll_up.key, *roll_up.columns]
    values = [f"fresh.{name}" for name in names]
    if roll_up.stamp:
        names.append(roll_up.stamp)
        values.append("%s")
    assigned = ", ".join(f"{name} = excluded.{name}" for name in names if name not in roll_up.key)
    kept = ", ".join(f"kept.{name}" for name in roll_up.columns)
    fresh = ", ".join(f"fresh.{name}" for name in roll_up.columns)
    # The join picks what differs: the conflict clause alone would lock every row it looks at.
    sql = f"""
        INSERT INTO {roll_up.table} ({", ".join(names)})
        SELECT {", ".join(values)}
        FROM fresh LEFT JOIN {roll_up.table} kept ON {_same_key(roll_up)}
        WHERE ({kept}) IS DISTINCT FROM ({fresh})
        ON CONFLICT ({keys}) DO UPDATE SET {assigned}
    """  # noqa: S608 – names of this module
    return sql, [now] if roll_up.stamp else []


def _same_key(roll_up: RollUp) -> str:
    return " AND ".join(f"fresh.{column} = kept.{column}" for column in roll_up.key)
