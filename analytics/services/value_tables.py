"""Make the sums of channels and staff true again (渠道与员工汇总).

Everything is worked out anew from the ledgers and written where it differs, so it may be done at
any time, and twice. It is done when orders or relations have changed or a day has begun, but
never for more than a fiftieth of the time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from django.db import connection, transaction
from django.db.models import Max

from analytics.models import MetricsRun, ValueRun
from analytics.selectors import source_sql as sql
from contacts.models import ContactEvent
from scrm.segments.days import business_day

_LEAST_WAIT = timedelta(minutes=5)
_SHARE_OF_TIME = 50
# An advisory lock of our own: two at once would only do each other's work.
_LOCK = 0x76616C75

# Table, its key, its other columns, what it should hold.
_TABLES = (
    (
        "analytics_sourceday",
        ("state", "add_way", "day"),
        (
            *("relations", "again", "won", "known", "friends_30", "bought_30", "bought"),
            *("again_90", "orders", "net_fen", "predicted_fen"),
        ),
        sql.source_days(),
    ),
    (
        "analytics_relationend",
        ("state", "add_way", "staff_id", "day", "days"),
        ("ended", "censored"),
        sql.relation_ends(),
    ),
    ("analytics_sourceage", ("state", "add_way", "month", "age"), ("net_fen",), sql.source_ages()),
    (
        "analytics_staffvalueday",
        ("staff_id", "day"),
        ("added", "won", "lost", "removed", "orders", "net_fen"),
        sql.STAFF_DAYS,
    ),
    # Of the days above, which are right by now.
    (
        "analytics_staffvaluemonth",
        ("staff_id", "month"),
        ("added", "won", "lost", "removed", "orders", "net_fen"),
        sql.STAFF_MONTHS,
    ),
)


def measure_if_due(*, now: datetime) -> ValueRun | None:
    """None when nothing has changed, it is too early, or somebody else is at it."""
    last = ValueRun.objects.filter(pk=1).first()
    if last is not None:
        wait = max(_LEAST_WAIT, timedelta(seconds=last.seconds * _SHARE_OF_TIME))
        is_same = business_day(last.measured_at) == business_day(now) and _marks() == (
            last.metrics_run,
            last.event,
        )
        if is_same or now < last.measured_at + wait:
            return None
    return measure(now=now)


def measure(*, now: datetime) -> ValueRun | None:
    """All sums anew, in one transaction; readers see the old ones until its end.

    None when somebody else is at it.
    """
    began = monotonic()
    with transaction.atomic():
        if not _alone():
            return None
        metrics_run, event = _marks()
        with connection.cursor() as cursor:
            cursor.execute(sql.WON)
            cursor.execute("DROP TABLE IF EXISTS pg_temp.care")
            cursor.execute(f"CREATE TEMP TABLE {sql.CARE} ON COMMIT DROP AS {sql.CARED_FOR}")
            cursor.execute(f"ANALYZE {sql.CARE}")
        for table, key, columns, query in _TABLES:
            _bring_up_to_date(table, key, columns, query)
        run, _made = ValueRun.objects.update_or_create(
            pk=1,
            defaults={
                "measured_at": now,
                "seconds": monotonic() - began,
                "metrics_run": metrics_run,
                "event": event,
            },
        )
    return run


def _marks() -> tuple[int, int]:
    """The newest refresh of the customers' sums and the newest event of a relation."""
    newest = MetricsRun.objects.filter(error="").aggregate(pk=Max("pk"))["pk"]
    event = ContactEvent.objects.aggregate(pk=Max("pk"))["pk"]
    return newest or 0, event or 0


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _bring_up_to_date(
    table: str, key: tuple[str, ...], columns: tuple[str, ...], query: str
) -> None:
    """Make the table equal to its query; rows that are right are not written again."""
    same = " AND ".join(f"fresh.{name} = kept.{name}" for name in key)
    names = ", ".join((*key, *columns))
    values = ", ".join(f"fresh.{name}" for name in (*key, *columns))
    fresh = ", ".join(f"fresh.{name}" for name in columns)
    kept = ", ".join(f"kept.{name}" for name in columns)
    assigned = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.fresh")
        cursor.execute(f"CREATE TEMP TABLE fresh ON COMMIT DROP AS {query}")
        cursor.execute("ANALYZE fresh")
        cursor.execute(
            f"DELETE FROM {table} kept WHERE NOT EXISTS (SELECT FROM fresh WHERE {same})"  # noqa: S608
        )
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values}"  # noqa: S608 – names of this module
            f" FROM fresh LEFT JOIN {table} kept ON {same}"
            f" WHERE ROW({kept}) IS DISTINCT FROM ROW({fresh})"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {assigned}"
        )
