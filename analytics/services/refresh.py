"""Keep the sums of every customer equal to the order ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import numpy as np
from django.db import connection, transaction

from analytics.metrics.arrays import Whole
from analytics.models import MetricsRun, StaleCustomer
from analytics.selectors import columns, ledger
from analytics.selectors.slices import Slice
from analytics.services import forecast
from analytics.services.rebuild import AT_ONCE, Rebuilt, rebuild_everybody
from analytics.services.roll_ups import bring_up_to_date

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
        touched = _taken() if contact_ids is None else np.unique(np.array(contact_ids, np.int64))
        if contact_ids is None and not len(touched):
            return False
        run.contacts, run.changed = len(touched), _refresh(touched, now=now)
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
        run.differences, run.examples = found.differences, list(found.examples)


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


def _refresh(touched: Whole, *, now: datetime) -> int:
    """Bring these customers up to date with their forecasts; returns how many were changed."""
    changed = 0
    for first in range(0, len(touched), AT_ONCE):
        tally = bring_up_to_date(
            Slice(ids=touched[first : first + AT_ONCE]),
            now=now,
            completed=partial(forecast.with_forecasts, now=now),
        )
        changed += len(tally.changed)
    return changed


def _taken() -> Whole:
    """Take away the rows of all who wait, and say who they are, each once.

    That and recomputing them is one transaction. Whatever commits in between leaves its row for
    the next run.
    """
    query = f"""
        WITH taken AS (DELETE FROM {_STALE} RETURNING contact_id)
        SELECT array_agg(DISTINCT contact_id) FROM taken
    """  # noqa: S608 – a name of our own
    return columns.read_arrays(query, ("contact_id",))["contact_id"]
