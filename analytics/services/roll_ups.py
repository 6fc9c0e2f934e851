"""Tables that are sums over the order ledger, and the one way they are brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

LEDGER = "contacts_order"

# Orders of one customer on one day are one purchase day. Sums of whole fen in float8 are exact
# far beyond any shop's turnover (2^53 fen) and much cheaper than Postgres' numeric sums. The
# ledger's covering index has the rows in order, so nothing is hashed or sorted.
FRESH_MONTHS = """
    SELECT contact_id, month, count(*)::int AS purchase_days, sum(orders)::int AS orders,
           sum(revenue) AS revenue, sum(refunded) AS refunded,
           min(paid_on) AS first_on, max(paid_on) AS last_on,
           (array_agg(paid_on ORDER BY paid_on))[2] AS second_on,
           (array_agg(revenue - refunded ORDER BY paid_on))[1] AS first_day
    FROM (
        SELECT contact_id, paid_on, date_trunc('month', paid_on::timestamp)::date AS month,
               count(*) AS orders,
               sum(amount_fen::float8) AS revenue, sum(refunded_fen::float8) AS refunded
        FROM contacts_order
        WHERE contact_id IS NOT NULL AND {within}
        GROUP BY contact_id, paid_on
    ) days
    GROUP BY contact_id, month
"""

# The second purchase day lies in the first month, or opens the second one.
_FRESH_CUSTOMERS = """
    SELECT contact_id, min(first_on) AS first_on,
           least(min(second_on), (array_agg(first_on ORDER BY month))[2]) AS second_on,
           max(last_on) AS last_on,
           sum(purchase_days)::int AS purchase_days, sum(orders)::int AS orders,
           sum(revenue)::bigint AS revenue_fen, sum(refunded)::bigint AS refunded_fen,
           ((array_agg(first_day ORDER BY month))[1])::bigint AS first_day_fen
    FROM pg_temp.fresh_months
    GROUP BY contact_id
"""


@dataclass(frozen=True)
class RollUp:
    """`fresh` gives `key` and `columns` of what the table should hold."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    fresh: str
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
    fresh="SELECT * FROM pg_temp.fresh_customers",
    stamp="computed_at",
)

MONTHS = RollUp(
    table="analytics_customermonth",
    key=("contact_id", "month"),
    columns=("cohort", '"offset"', "purchase_days", "orders", "net_fen"),
    fresh="""
    SELECT contact_id, month, cohort,
           (12 * (date_part('year', month) - date_part('year', cohort))
            + date_part('month', month) - date_part('month', cohort))::smallint AS "offset",
           purchase_days::smallint AS purchase_days, orders, net_fen
    FROM (
        SELECT contact_id, month, date_trunc('month', c.first_on::timestamp)::date AS cohort,
               m.purchase_days, m.orders, (m.revenue - m.refunded)::bigint AS net_fen
        FROM pg_temp.fresh_months m JOIN pg_temp.fresh_customers c USING (contact_id)
    ) dated
    """,
)
ROLL_UPS = (MONTHS, CUSTOMERS)


@dataclass(frozen=True)
class Slice:
    """Which customers: those of a table, or the ids above `after` up to `until` (None: no end)."""

    table: str = ""
    after: int | None = None
    until: int | None = None

    def says(self, column: str) -> str:
        """The condition in SQL on a column of customers' ids."""
        if self.table:
            return f"{column} IN (SELECT contact_id FROM {self.table})"  # noqa: S608
        bounds = [f"{column} > {self.after}"] if self.after is not None else []
        bounds += [f"{column} <= {self.until}"] if self.until is not None else []
        return " AND ".join(bounds) or "true"


@dataclass(frozen=True)
class Tally:
    """Customers with orders, or who lost their last one; those whose rows were written."""

    contacts: int
    changed: int


def bring_up_to_date(within: Slice, *, now: datetime) -> Tally:
    """Make both tables equal to the ledger for these customers, writing only rows that differ.

    To be called in a transaction, by one session for a customer at a time. Readers are never
    blocked and never see a table empty. Leaves the ids of the customers whose rows it wrote in the
    temporary table `changed`.
    """
    with connection.cursor() as cursor:
        _compute(cursor, within)
        if _holds_nothing(cursor, within):
            gone = 0
            _write_all(cursor, now)
        else:
            gone = _remove(cursor, within)
            cursor.execute(*_update(within, now))
            for roll_up in ROLL_UPS:
                cursor.execute(*_add(roll_up, within, now))
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_temp.fresh_customers),"
            " (SELECT count(DISTINCT contact_id) FROM pg_temp.changed)"
        )
        kept, changed = cursor.fetchone() or (0, 0)
    return Tally(contacts=kept + gone, changed=changed)


def _compute(cursor: CursorWrapper, within: Slice) -> None:
    cursor.execute(
        "DROP TABLE IF EXISTS pg_temp.fresh_months, pg_temp.fresh_customers, pg_temp.changed"
    )
    # One pass over the index in its order; compiling plans and long looks at what was just made
    # cost more than they save.
    cursor.execute(
        "SET LOCAL enable_hashagg = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB';"
        " SET LOCAL default_statistics_target = 10"
    )
    fresh_months = FRESH_MONTHS.format(within=within.says("contact_id"))
    cursor.execute(f"CREATE TEMP TABLE fresh_months ON COMMIT DROP AS {fresh_months}")
    cursor.execute("SET LOCAL enable_hashagg TO DEFAULT")
    cursor.execute("ANALYZE pg_temp.fresh_months (contact_id, month)")
    cursor.execute(f"CREATE TEMP TABLE fresh_customers ON COMMIT DROP AS {_FRESH_CUSTOMERS}")
    cursor.execute("ANALYZE pg_temp.fresh_customers (contact_id)")
    cursor.execute("SET LOCAL default_statistics_target TO DEFAULT")
    cursor.execute("CREATE TEMP TABLE changed (contact_id bigint) ON COMMIT DROP")


def _holds_nothing(cursor: CursorWrapper, within: Slice) -> bool:
    """Whether both tables are empty of these customers, so that there is nothing to compare."""
    either = " UNION ALL ".join(
        f"SELECT FROM {roll_up.table} WHERE {within.says('contact_id')}" for roll_up in ROLL_UPS
    )
    cursor.execute(f"SELECT NOT EXISTS ({either})")
    return bool(cursor.fetchone()[0])


def _write_all(cursor: CursorWrapper, now: datetime) -> None:
    for roll_up in ROLL_UPS:
        names, values, bound = _columns(roll_up, now)
        cursor.execute(
            f"INSERT INTO {roll_up.table} ({names}) SELECT {values} FROM ({roll_up.fresh}) fresh",  # noqa: S608
            bound,
        )
    cursor.execute("INSERT INTO changed SELECT contact_id FROM pg_temp.fresh_customers")


def _remove(cursor: CursorWrapper, within: Slice) -> int:
    """Take rows away that no order stands behind any more, and months that differ; returns how
    many customers have none.
    """
    gone = 0
    for roll_up, same in ((MONTHS, _same(MONTHS)), (CUSTOMERS, _same_key(CUSTOMERS))):
        cursor.execute(
            f"WITH gone AS (DELETE FROM {roll_up.table} kept"  # noqa: S608 – names of this module
            f" WHERE {within.says('kept.contact_id')} AND NOT EXISTS"
            f" (SELECT FROM ({roll_up.fresh}) fresh WHERE {same})"
            " RETURNING contact_id) INSERT INTO changed SELECT contact_id FROM gone"
        )
        gone = cursor.rowcount
    return gone


def _update(within: Slice, now: datetime) -> tuple[str, list[datetime]]:
    """Customers are updated, for their row holds their forecast, too."""
    assigned = ", ".join(f"{name} = fresh.{name}" for name in CUSTOMERS.columns)
    sql = f"""
        WITH written AS (
            UPDATE {CUSTOMERS.table} kept SET {assigned}, {CUSTOMERS.stamp} = %s
            FROM ({CUSTOMERS.fresh}) fresh
            WHERE {_same_key(CUSTOMERS)} AND {within.says("kept.contact_id")}
                AND NOT ({_same_columns(CUSTOMERS)})
            RETURNING kept.contact_id
        )
        INSERT INTO changed SELECT contact_id FROM written
    """  # noqa: S608 – names of this module
    return sql, [now]


def _add(roll_up: RollUp, within: Slice, now: datetime) -> tuple[str, list[datetime]]:
    """Rows whose key is not there. Looking first is much cheaper than ON CONFLICT."""
    names, values, bound = _columns(roll_up, now)
    sql = f"""
        WITH written AS (
            INSERT INTO {roll_up.table} ({names}) SELECT {values} FROM ({roll_up.fresh}) fresh
            WHERE NOT EXISTS (
                SELECT FROM {roll_up.table} kept
                WHERE {_same_key(roll_up)} AND {within.says("kept.contact_id")}
            )
            RETURNING contact_id
        )
        INSERT INTO changed SELECT contact_id FROM written
    """  # noqa: S608 – names of this module
    return sql, bound


def _columns(roll_up: RollUp, now: datetime) -> tuple[str, str, list[datetime]]:
    """Names, the values of `fresh`, and what is bound to them."""
    names = [*roll_up.key, *roll_up.columns]
    values = [f"fresh.{name}" for name in names]
    if not roll_up.stamp:
        return ", ".join(names), ", ".join(values), []
    return ", ".join([*names, roll_up.stamp]), ", ".join([*values, "%s::timestamptz"]), [now]


def _same_key(roll_up: RollUp) -> str:
    return " AND ".join(f"fresh.{column} = kept.{column}" for column in roll_up.key)


def _same_columns(roll_up: RollUp) -> str:
    fresh, kept = (
        ", ".join(f"{side}.{name}" for name in roll_up.columns) for side in ("fresh", "kept")
    )
    return f"({fresh}) IS NOT DISTINCT FROM ({kept})"


def _same(roll_up: RollUp) -> str:
    return f"{_same_key(roll_up)} AND {_same_columns(roll_up)}"
