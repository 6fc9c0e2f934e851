"""Start, walk, cancel and take up sync runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from contacts.services.sync.seen import forget_seen
from contacts.services.sync.steps import Page, Question, Step, step_after, step_named, steps
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import ScrmError
from scrm.wecom.models import SyncRun

log = logging.getLogger(__name__)

STALE = timedelta(minutes=2)  # a walk that has not moved for so long has died
HOPELESS = timedelta(hours=1)
_ATTEMPTS = 5
_LONGEST_WAIT = 60.0
_ERRORS_KEPT = 50

Clock = Callable[[], datetime]
State = SyncRun.State


class SyncIsRunning(ScrmError):
    """Another walk is under way; two at once would end each other's relations."""

    code = "sync_is_running"


class SyncInterrupted(ScrmError):
    """WeCom stayed out of reach. The run stands where it was and can be taken up."""

    code = "sync_interrupted"


class _MovedOn(Exception):
    """The run was cancelled, or another process took it up."""


def start_run(*, is_full: bool, now: datetime, accept_losses: bool = False) -> SyncRun:
    """Begin a run, or take up the one that stands still. Raises SyncIsRunning.

    `accept_losses` lets the end of the run close more than half of all relations.
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
    notes = {"has_predecessor": [1] * has_predecessor, "accept_losses": [1] * accept_losses}
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
    """Take up the run that stands still; None when there is none.

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
    """Stop a run behind its current page. What it wrote stays; nothing is closed."""
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

    A refusal that settings cause fails the run (see its errors). Raises SyncInterrupted when
    WeCom stays out of reach.
    """
    while True:
        run = SyncRun.objects.get(pk=run_id)
        if run.state != State.RUNNING or (until is not None and clock() >= until):
            return run
        try:
            _advance(run, clock=clock, wait=wait)
        except _MovedOn:
            return SyncRun.objects.get(pk=run_id)
        except wecom.WeComError as error:
            if error.retryable:
                raise SyncInterrupted(_advice(error)) from error
            log.warning("sync run %s failed: %s", run_id, error)
            fail_run(run, _advice(error), now=clock())
            return SyncRun.objects.get(pk=run_id)
        on_page(run)


def _advance(run: SyncRun, *, clock: Clock, wait: Callable[[float], None]) -> None:
    """One page of one step: read it, then write it together with the cursor behind it."""
    step = step_named(run.step)
    question = Question(
        run=run, cursor=run.cursor.get("at", {}), notes=run.cursor.get("notes", {}), now=clock()
    )
    page = _patiently(lambda: step.read(question), wait=wait)
    now = clock()
    with transaction.atomic():
        before = run.progressed_at
        _move(run, step, page, now=now)
        changed = SyncRun.objects.filter(pk=run.pk, state=State.RUNNING, progressed_at=before)
        if not changed.update(progressed_at=now):
            raise _MovedOn
        for name, number in page.write(now).items():
            run.counts[name] = run.counts.get(name, 0) + number
        run.save()
        if run.state == State.DONE:
            forget_seen()


def _move(run: SyncRun, step: Step, page: Page, *, now: datetime) -> None:
    """Where the run stands behind this page."""
    run.progressed_at = now
    run.step = step.name
    run.done, run.total = page.done, max(page.total, page.done)
    notes = run.cursor.get("notes", {})
    for name, values in page.notes.items():
        notes[name] = [*notes.get(name, []), *values]
    if page.errors:
        run.errors = [*run.errors, *page.errors][:_ERRORS_KEPT]
        run.counts["errors"] = run.counts.get("errors", 0) + len(page.errors)
    run.cursor = {"at": page.cursor or {}, "notes": notes}
    if page.cursor is None:
        following = step_after(step)
        if following is None:
            run.state, run.finished_at, run.cursor = State.DONE, now, {}
        else:
            run.step, run.done, run.total = following.name, 0, 0


def _patiently(read: Callable[[], Page], *, wait: Callable[[float], None]) -> Page:
    """Reading changes nothing at WeCom, so a call without an answer may simply be repeated."""
    for attempt in range(1, _ATTEMPTS):
        try:
            return read()
        except wecom.WeComError as error:
            if not error.retryable:
                raise
            wait(min(max(error.retry_after, 2**attempt), _LONGEST_WAIT))
    return read()


def _advice(error: wecom.WeComError) -> str:
    return f"{error.advice} ({error.code})" if error.code else error.advice


def _take_up(run: SyncRun, *, now: datetime) -> bool:
    """Claim a run that stands still, so that two never walk it."""
    if run.progressed_at > now - STALE:
        return False
    claimed = SyncRun.objects.filter(
        pk=run.pk, state=State.RUNNING, progressed_at=run.progressed_at
    ).update(progressed_at=now)
    return bool(claimed)
