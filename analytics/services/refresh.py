"""Keep the sums of every customer equal to the order ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection, transaction

from analytics.models import MetricsRun, StaleCustomer
from analytics.selectors import ledger
from analytics.services import forecast
from analytics.services.rebuild import Rebuilt, rebuild_everybody
from analytics.services.roll_ups import Slice, bring_up_to_date

# An advisory lock of our own: two refreshes at once would only repeat each other's work.
_LOCK = 0x616E616C
# How long the log of refreshes is kept.
_KEPT = timedelta(days=90)
_STALE = StaleCustomer._meta.db_table


def refresh_metrics(
    *, now: datetime, contact_ids: Sequence[int] | None = None
) -> MetricsRun | None:
    """Recompute the customers whose orders changed since the last run, or those named.

    Exact and repeatable in any order: a customer is always recomputed from all her orders.
    Returns None when nothing changed or another refresh is at work. The first run ever takes
    every customer.
    """
    if contact_ids is None and ledger.last_run() is None:
        return rebuild_metrics(now=now)

    def work(run: MetricsRun) -> bool:
        if not _touch(contact_ids):
            return False
        tally = bring_up_to_date(Slice(table="touched"), now=now)
        run.contacts, run.changed = _count("touched"), tally.changed
        forecast.predict(now=now, scope="changed")
        return True

    return _recorded(MetricsRun.Kind.INCREMENTAL, now, work)


def rebuild_metrics(*, now: datetime) -> MetricsRun | None:
    """Recompute every customer; `differences` of the run says how many rows had not been right.

    Returns None when another refresh is at work.
    """
    MetricsRun.objects.filter(started_at__lt=now - _KEPT).delete()
    is_first = ledger.last_run() is None
    # Other sessions would not see what an open transaction of the caller has written.
    is_alone = connection.in_atomic_block

    def work(run: MetricsRun) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.seen")
            cursor.execute(f"CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT id FROM {_STALE}")  # noqa: S608
            found = rebuild_everybody(now=now, in_this_session=is_alone)
            # Only now, so that a customer who was waiting does not count as a difference.
            cursor.execute(f"DELETE FROM {_STALE} USING pg_temp.seen WHERE seen.id = {_STALE}.id")  # noqa: S608
        _keep(run, found, is_first=is_first)
        return True

    return _recorded(MetricsRun.Kind.REBUILD, now, work)


def _keep(run: MetricsRun, found: Rebuilt, *, is_first: bool) -> None:
    run.contacts, run.changed = found.contacts, found.changed
    if not is_first:
        run.differences, run.examples = found.differences, found.examples


def _recorded(
    kind: MetricsRun.Kind, now: datetime, work: Callable[[MetricsRun], bool]
) -> MetricsRun | None:
    """Do the work in one transaction under the lock and write it into the log.

    Work that answers False found nothing to do: the last run is noted to be current still.
    """
    began = monotonic()
    run = MetricsRun(kind=kind, started_at=now, checked_at=now)
    try:
        with transaction.atomic():
            if not _alone():
                return None
            run.watermark = ledger.newest_order()
            if not work(run):
                _note_current(now)
                return None
            run.finished_at = now + timedelta(seconds=monotonic() - began)
            run.save()
    except Exception as error:
        # Kept outside the failed transaction, so that the console can say what is wrong.
        MetricsRun.objects.create(
            kind=kind, started_at=now, error=f"{type(error).__name__}: {error}"
        )
        raise
    return run


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _note_current(now: datetime) -> None:
    last = ledger.last_run()
    if last is not None:
        MetricsRun.objects.filter(pk=last.pk).update(checked_at=now)


def _touch(contact_ids: Sequence[int] | None) -> bool:
    """Fill the temporary table `touched`; whether there is anybody in it.

    Taking the rows away and recomputing their customers is one transaction. Whatever commits in
    between leaves its row for the next run.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.touched")
        cursor.execute("CREATE TEMP TABLE touched (contact_id bigint PRIMARY KEY) ON COMMIT DROP")
        if contact_ids is None:
            cursor.execute(
                f"WITH taken AS (DELETE FROM {_STALE} RETURNING contact_id)"  # noqa: S608
                " INSERT INTO touched SELECT DISTINCT contact_id FROM taken"
            )
        else:
            cursor.execute(
                "INSERT INTO touched SELECT DISTINCT unnest(%s::bigint[])", [list(contact_ids)]
            )
        found = int(cursor.rowcount)
        cursor.execute("ANALYZE touched")
    return found > 0 or contact_ids is not None


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 – a name of our own
        return int(cursor.fetchone()[0])
