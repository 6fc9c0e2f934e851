"""One page of a walk: read it, then write it together with the cursor behind it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Self

from django.db import transaction

from contacts.services.sync.seen import forget_seen
from contacts.services.sync.statistics import keep_planner_informed
from contacts.services.sync.steps import Page, Question, Read, Step, step_after, step_named
from scrm import wecom
from scrm.wecom.models import SyncRun

_ATTEMPTS = 5
_LONGEST_WAIT = 60.0
_ERRORS_KEPT = 50
_MEMORY = 0.7  # how much of the rate is the past's, so that one slow page does not shake it

Clock = Callable[[], datetime]
State = SyncRun.State


class MovedOn(Exception):
    """The run was cancelled, or another process took it up."""


class Reading:
    """What answers the questions of the present step, kept from page to page: it may read ahead."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._step: Step | None = None
        self._read: Read | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._open.close()

    def page(self, step: Step, question: Question) -> Page:
        """The next page of this step."""
        if self._read is None or step is not self._step:
            self._open.close()
            self._step, self._read = step, self._open.enter_context(step.opens())
        return self._read(question)


def advance(run: SyncRun, reading: Reading, *, clock: Clock, wait: Callable[[float], None]) -> None:
    """Read and write one page. Raises MovedOn, and what WeCom says when patience ends."""
    step = step_named(run.step)
    question = Question(
        run=run, cursor=run.cursor.get("at", {}), notes=run.cursor.get("notes", {}), now=clock()
    )
    page = _patiently(lambda: reading.page(step, question), wait=wait)
    now = clock()
    keep_planner_informed()
    with transaction.atomic():
        before = run.progressed_at
        _move(run, step, page, now=now)
        changed = SyncRun.objects.filter(pk=run.pk, state=State.RUNNING, progressed_at=before)
        if not changed.update(progressed_at=now):
            raise MovedOn
        for name, number in page.write(now).items():
            run.counts[name] = run.counts.get(name, 0) + number
        run.save()
        if run.state == State.DONE:
            forget_seen()


def _move(run: SyncRun, step: Step, page: Page, *, now: datetime) -> None:
    """Where the run stands behind this page."""
    run.rate = _rate(run, page, now=now)
    run.progressed_at = now
    run.step = step.name
    run.done, run.total = page.done, max(page.total, page.done)
    notes = run.cursor.get("notes", {})
    for name, values in page.notes.items():
        notes[name] = list(dict.fromkeys([*notes.get(name, []), *values]))
    errors = [error for error in page.errors if error not in run.errors]
    if errors:
        run.errors = [*run.errors, *errors][:_ERRORS_KEPT]
        run.counts["errors"] = run.counts.get("errors", 0) + len(errors)
    run.cursor = {"at": page.cursor or {}, "notes": notes}
    if page.cursor is None:
        following = step_after(step)
        if following is None:
            run.state, run.finished_at, run.cursor = State.DONE, now, {}
        else:
            run.step, run.done, run.total, run.rate = following.name, 0, 0, 0.0


def _rate(run: SyncRun, page: Page, *, now: datetime) -> float:
    seconds = (now - run.progressed_at).total_seconds()
    if seconds <= 0:
        return run.rate
    latest = max(0, page.done - run.done) / seconds
    return _MEMORY * run.rate + (1 - _MEMORY) * latest if run.rate else latest


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
