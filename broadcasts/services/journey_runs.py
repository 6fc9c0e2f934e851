"""Move runs of journeys on (旅程推进): all that are due, slice by slice, by several workers at once.

A slice is one transaction: what its runs do (tags, tasks, messages to come, calls of other
systems) are rows, and are written with where the runs stand then. A worker killed anywhere leaves
everything or nothing of it.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from broadcasts.models import JourneyRun, JourneyVersion
from broadcasts.policy.journey import Act, Advance, Ending, History, Standing, next_acts, refusal
from broadcasts.policy.journey_definition import Definition
from broadcasts.selectors.journey_definitions import BrokenDefinition, definition_of
from broadcasts.selectors.journey_facts import facts_of_runs, fitting, histories, subject_of
from broadcasts.selectors.journey_live import Live, live_journeys
from broadcasts.services.journey_effects import carry_out
from broadcasts.services.journey_sends import join
from broadcasts.services.journey_sql import LOG, MOVE

log = logging.getLogger(__name__)
State = JourneyRun.State

SLICE = 2_000
_LOOK_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Move:
    """A run and what it does now. `began_at` is when it entered the journey."""

    run: JourneyRun
    version_id: int
    began_at: datetime
    advance: Advance


def advance_due(*, now: datetime, seconds: float = 30, size: int = SLICE) -> int:
    """Move on what is due, journey by journey in turn, for so long at most; how many runs.

    Callable by many workers at once: each takes runs that no other holds.
    """
    began, total = time.monotonic(), 0
    waiting = live_journeys()
    while waiting:
        still = []
        for live in waiting:
            moved = _advance_slice(live, now=now, size=size)
            total += moved
            if moved == size:
                still.append(live)
            if time.monotonic() - began > seconds:
                return total
        waiting = still
    return total


def _advance_slice(live: Live, *, now: datetime, size: int) -> int:
    """One slice of one journey; how many runs were taken up."""
    try:
        with transaction.atomic():
            runs = list(
                JourneyRun.objects.select_for_update(skip_locked=True)
                .filter(journey=live.journey, due_at__lte=now)
                .order_by("due_at", "pk")[:size]
            )
            _advance_runs(live, runs, now=now)
    except IntegrityError:
        # Two events of one customer were let in by two workers; the other was first.
        log.info("journey %s: a slice is taken up again", live.journey.pk, exc_info=True)
        return 0
    return len(runs)


def _advance_runs(live: Live, runs: list[JourneyRun], *, now: datetime) -> None:
    expected = [run for run in runs if run.state == State.EXPECTED]
    let_in = _let_in(live, expected, now=now)
    _refuse([(run, let_in[run.pk]) for run in expected if run.pk in let_in], now=now)
    by_version: dict[int, list[JourneyRun]] = defaultdict(list)
    for run in runs:
        if run.state == State.RUNNING:
            by_version[run.version_id].append(run)
        elif run.pk not in let_in:
            by_version[live.version.pk].append(run)
    versions = JourneyVersion.objects.in_bulk(list(by_version))
    moves: list[Move] = []
    for version_id, standing in by_version.items():
        try:
            definition = definition_of(versions[version_id])
        except BrokenDefinition:
            log.exception("version %s of journey %s is broken", version_id, live.journey.pk)
            JourneyRun.objects.filter(pk__in=[run.pk for run in standing]).update(
                due_at=now + _LOOK_AGAIN
            )
            continue
        made = _moves(definition, version_id, standing, now=now)
        carry_out(versions[version_id], definition, _done(made), now=now)
        moves += made
    _write(moves, live.definition.channel, now=now)


def _let_in(live: Live, expected: list[JourneyRun], *, now: datetime) -> dict[int, Ending]:
    """Who of them may not begin, with the reason. Of two of one customer the first begins."""
    if not expected:
        return {}
    definition = live.definition
    keys = sorted({_key(run) for run in expected})
    fits = fitting(definition, keys, now=now)
    known = histories(live.journey.pk, definition.subject, keys)
    refused = {}
    for run in expected:
        key = _key(run)
        history = known.get(key, History())
        ending = refusal(definition.reentry, history, now, fits=key in fits)
        if ending is not None:
            refused[run.pk] = ending
        else:
            known[key] = History(is_open=True, last_ended_at=history.last_ended_at)
    return refused


def _key(run: JourneyRun) -> int:
    return run.contact_id or run.group_id or 0


def _refuse(refused: list[tuple[JourneyRun, Ending]], *, now: datetime) -> None:
    by_reason: dict[Ending, list[int]] = defaultdict(list)
    for run, reason in refused:
        by_reason[reason].append(run.pk)
    for reason, ids in by_reason.items():
        JourneyRun.objects.filter(pk__in=ids).update(
            state=State.REFUSED, due_at=None, ended_at=now, reason=reason
        )


def _moves(
    definition: Definition, version_id: int, runs: list[JourneyRun], *, now: datetime
) -> list[Move]:
    facts = facts_of_runs(definition, [subject_of(run) for run in runs], now=now)
    zone = timezone.get_default_timezone()
    moves = []
    for run, own in zip(runs, facts, strict=True):
        if run.state == State.EXPECTED or run.reached_at is None:
            standing = Standing(definition.first, now)
        else:
            standing = Standing(run.step, run.reached_at, run.patience_until, run.held_by)
        advance = next_acts(definition, standing, own, now, zone)
        moves.append(Move(run, version_id, run.entered_at or now, advance))
    return moves


def _done(moves: Iterable[Move]) -> dict[str, list[JourneyRun]]:
    """By step, the runs that have just done it."""
    done: dict[str, list[JourneyRun]] = defaultdict(list)
    for move in moves:
        for act in move.advance.acts:
            if act.what == "done":
                done[act.step].append(move.run)
    return done


def _write(moves: list[Move], channel: str, *, now: datetime) -> None:
    if not moves:
        return
    sends = join(
        [
            (move.run.pk, move.version_id, move.advance.step, move.run.due_at or now)
            for move in moves
            if move.advance.state == State.SENDING
        ],
        channel=channel,
        now=now,
    )
    columns = zip(*(_columns(move, sends, now=now) for move in moves), strict=True)
    lines = [
        (move.run.pk, move.version_id, act.step, act.what, act.reason, now, act.until)
        for move in moves
        for act in _acts(move)
    ]
    with connection.cursor() as cursor:
        cursor.execute(MOVE, [list(column) for column in columns])
        if lines:
            cursor.execute(LOG, [list(column) for column in zip(*lines, strict=True)])


def _acts(move: Move) -> list[Act]:
    """What is new: a run that asks again every morning, or waits on, is logged once."""
    acts = list(move.advance.acts)
    if move.run.state == State.EXPECTED:
        return [Act("entered", ""), *acts]
    stays = move.advance.step == move.run.step and len(acts) == 1
    return [] if stays and acts[0].what == "waits" else acts


def _columns(move: Move, sends: dict[int, int], *, now: datetime) -> tuple[object, ...]:
    advance = move.advance
    is_over = advance.state in {State.DONE, State.EXITED}
    return (
        move.run.pk,
        advance.state,
        move.version_id,
        advance.step,
        move.began_at,
        advance.reached_at,
        advance.due_at,
        advance.patience_until,
        advance.held_by,
        sends.get(move.run.pk),
        now if is_over else None,
        str(advance.reason),
    )
