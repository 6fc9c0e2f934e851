"""Start, walk, cancel and take up sync runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from contacts.services.sync.advance import Clock, MovedOn, Reading, advance
from contacts.services.sync.seen import forget_seen
from contacts.services.sync.steps import steps
from contacts.services.sync.walked import is_walked, sole_walk
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import ScrmError
from scrm.wecom.models import SyncRun

log = logging.getLogger(__name__)

STALE = timedelta(minutes=2)  # a run that has not moved for so long waits for a walker
HOPELESS = timedelta(hours=1)
_ATTEMPTS = 6  # to reach a database that restarts: about a minute in all

State = SyncRun.State


class SyncIsRunning(ScrmError):
    """Another walk is under way; two at once would end each other's relations."""

    code = "sync_is_running"


class SyncInterrupted(ScrmError):
    """WeCom or the database stayed out of reach. The run stands where it was and can be taken up."""

    code = "sync_interrupted"


def start_run(
    *,
    is_full: bool,
    now: datetime,
    is_queued: bool = False,
    accept_losses: bool = False,
    page_size: int | None = None,
) -> SyncRun:
    """Begin a run, or take up the one that nobody walks any more. Raises SyncIsRunning.

    `is_queued`: a worker will walk it, so nobody else takes it up in the next minutes.
    `accept_losses` lets the end of the run close more than half of all relations or groups.
    `page_size` is about how many things one transaction writes, unless PAGE_SIZE.
    """
    running = SyncRun.objects.filter(state=State.RUNNING).first()
    if running is not None:
        if not _take_up(running, now=now):
            raise SyncIsRunning(
                gettext("A sync has been running since %(start)s; wait for it or cancel it.")
                % {"start": f"{timezone.localtime(running.started_at):%Y-%m-%d %H:%M}"}
            )
        return running
    forget_seen()
    has_predecessor = SyncRun.objects.filter(state=State.DONE).exists()
    notes = {
        "queued": [1] * is_queued,
        "has_predecessor": [1] * has_predecessor,
        "accept_losses": [1] * accept_losses,
        "page_size": [page_size] if page_size else [],
    }
    try:
        with transaction.atomic():
            return SyncRun.objects.create(
                kind=SyncRun.Kind.FULL if is_full else SyncRun.Kind.INCREMENTAL,
                step=steps()[0].name,
                cursor={"at": {}, "notes": notes},
                started_at=now,
                progressed_at=now,
            )
    except IntegrityError as error:
        raise SyncIsRunning(gettext("Another sync has just started.")) from error


def resume_run(*, now: datetime) -> SyncRun | None:
    """Take up the run that nobody walks; None when there is none.

    A run that has not moved for an hour is given up: the next one starts anew.
    """
    running = SyncRun.objects.filter(state=State.RUNNING).first()
    if running is None:
        return None
    if running.progressed_at < now - HOPELESS:
        fail_run(running, gettext("No progress for an hour."), now=now)
        return None
    return running if _take_up(running, now=now) else None


def cancel_run(*, run_id: int, operator: Operator | None, now: datetime) -> bool:
    """Stop a run: the page being written is its last or is taken back. Nothing is ended."""
    cancelled = SyncRun.objects.filter(pk=run_id, state=State.RUNNING).update(
        state=State.CANCELLED, finished_at=now
    )
    if cancelled:
        record_act(action="sync.cancel", operator=operator, now=now, details={"run": run_id})
    return bool(cancelled)


def fail_run(run: SyncRun, reason: str, *, now: datetime) -> None:
    """End a run that cannot go on."""
    SyncRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=State.FAILED, finished_at=now, errors=[*run.errors, reason]
    )


def walk(
    *,
    run_id: int,
    clock: Clock,
    until: datetime | None = None,
    on_page: Callable[[SyncRun], None] = lambda _run: None,
    wait: Callable[[float], None] = time.sleep,
) -> SyncRun:
    """Walk a run to its end, or until the time is up; answers the run as it then stands.

    A refusal that settings cause fails the run (see its errors). A database that goes away is
    waited for. Raises SyncInterrupted when it or WeCom stays out of reach, SyncIsRunning when
    another process walks the run.
    """
    failures = 0

    def moved(run: SyncRun) -> None:
        nonlocal failures
        failures = 0
        on_page(run)

    while True:
        try:
            return _walk(run_id, clock=clock, until=until, on_page=moved, wait=wait)
        except (OperationalError, InterfaceError) as error:
            failures += 1
            if connection.in_atomic_block:
                raise
            connection.close()
            if failures >= _ATTEMPTS:
                raise SyncInterrupted(gettext("The database is out of reach.")) from error
            log.warning("sync run %s waits for the database: %s", run_id, error)
            wait(2.0**failures)


def _walk(
    run_id: int,
    *,
    clock: Clock,
    until: datetime | None,
    on_page: Callable[[SyncRun], None],
    wait: Callable[[float], None],
) -> SyncRun:
    with sole_walk(run_id) as is_ours, Reading() as reading:
        if not is_ours:
            raise SyncIsRunning(gettext("Another process walks this sync."))
        while True:
            run = SyncRun.objects.get(pk=run_id)
            if run.state != State.RUNNING or (until is not None and clock() >= until):
                return run
            try:
                advance(run, reading, clock=clock, wait=wait)
            except MovedOn:
                return SyncRun.objects.get(pk=run_id)
            except wecom.WeComError as error:
                if error.retryable:
                    raise SyncInterrupted(_advice(error)) from error
                log.warning("sync run %s failed: %s", run_id, error)
                fail_run(run, _advice(error), now=clock())
                return SyncRun.objects.get(pk=run_id)
            on_page(run)


def _advice(error: wecom.WeComError) -> str:
    return f"{error.advice} ({error.code})" if error.code else error.advice


def _take_up(run: SyncRun, *, now: datetime) -> bool:
    """Claim a run that nobody walks, unless it has only just been queued for a worker."""
    is_queued = bool(run.cursor.get("notes", {}).get("queued")) and not run.counts
    if is_walked(run.pk) or (is_queued and run.progressed_at > now - STALE):
        return False
    claimed = SyncRun.objects.filter(
        pk=run.pk, state=State.RUNNING, progressed_at=run.progressed_at
    ).update(progressed_at=now)
    return bool(claimed)
