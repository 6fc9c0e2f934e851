"""Keep the sums of every customer equal to the order ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection, transaction

from analytics.models import MetricsRun
from analytics.selectors import ledger
from analytics.services import forecast
from analytics.services.roll_ups import CUSTOMERS, MONTHS, bring_up_to_date

# An advisory lock of our own: two refreshes at once would only repeat each other's work.
_LOCK = 0x616E616C
# How long the log of refreshes is kept.
_KEPT = timedelta(days=90)


def refresh_metrics(
    *, now: datetime, contact_ids: Sequence[int] | None = None
) -> MetricsRun | None:
    """Recompute the customers whose orders changed since the last run, or those named.

    Exact and repeatable in any order: a customer is always recomputed from all her orders.
    Returns None when nothing changed or another refresh is at work. The first run ever takes
    every customer.
    """
    last = ledger.last_run()
    mark = ledger.watermark()
    if contact_ids is None:
        if last is None:
            return rebuild_metrics(now=now)
        if (last.watermark, last.tail) == mark:
            return None
        return _run(MetricsRun.Kind.INCREMENTAL, now, mark=mark, since=last.watermark)
    seen = (last.watermark, last.tail) if last else (None, 0)
    return _run(MetricsRun.Kind.INCREMENTAL, now, mark=seen, contact_ids=contact_ids)


def rebuild_metrics(*, now: datetime) -> MetricsRun | None:
    """Recompute every customer; `changed` of the run says how many rows had not been right.

    Returns None when another refresh is at work.
    """
    MetricsRun.objects.filter(started_at__lt=now - _KEPT).delete()
    return _run(MetricsRun.Kind.REBUILD, now, mark=ledger.watermark())


def _run(
    kind: MetricsRun.Kind,
    now: datetime,
    *,
    mark: ledger.Watermark,
    since: datetime | None = None,
    contact_ids: Sequence[int] | None = None,
) -> MetricsRun | None:
    began = monotonic()
    run = MetricsRun(kind=kind, started_at=now, watermark=mark[0], tail=mark[1])
    try:
        with transaction.atomic():
            if not _alone():
                return None
            scope = "" if kind == MetricsRun.Kind.REBUILD else _touch(since, contact_ids)
            run.changed = bring_up_to_date(CUSTOMERS, now=now, scope=scope)
            bring_up_to_date(MONTHS, now=now, scope=scope)
            run.contacts = _count(scope or CUSTOMERS.table)
            if scope:
                _keep_changed(scope, now)
                forecast.predict(now=now, scope=scope)
            run.finished_at = now + timedelta(seconds=monotonic() - began)
            run.save()
    except Exception as error:
        # Kept outside the failed transaction, so that the console can say what is wrong.
        MetricsRun.objects.create(
            kind=kind, started_at=now, watermark=None, error=f"{type(error).__name__}: {error}"
        )
        raise
    return run


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _touch(since: datetime | None, contact_ids: Sequence[int] | None) -> str:
    """Fill the temporary table of customers to recompute; returns its name."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.touched")
        cursor.execute("CREATE TEMP TABLE touched (contact_id bigint PRIMARY KEY) ON COMMIT DROP")
        if contact_ids is not None:
            cursor.execute(
                "INSERT INTO touched SELECT DISTINCT unnest(%s::bigint[])", [list(contact_ids)]
            )
        else:
            cursor.execute(
                "INSERT INTO touched SELECT DISTINCT contact_id FROM contacts_order"
                " WHERE contact_id IS NOT NULL AND imported_at >= %s",
                [ledger.tail_start(since) if since else "-infinity"],
            )
        cursor.execute("ANALYZE touched")
    return "touched"


def _keep_changed(scope: str, now: datetime) -> None:
    """Leave in the table only customers whose sums this run has written."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {scope} WHERE NOT EXISTS (SELECT FROM {CUSTOMERS.table} kept"  # noqa: S608
            f" WHERE kept.contact_id = {scope}.contact_id AND kept.computed_at = %s)",
            [now],
        )


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 – a name of our own
        return int(cursor.fetchone()[0])
