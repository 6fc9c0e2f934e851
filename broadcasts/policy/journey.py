"""What a run does next (旅程推进). Pure: where it stands and what is known in, what happens out.

A run goes from step to step until it has to wait, until its message has to be sent, or until it is
over. Steps only lead forward, so it always comes to an end; nothing here looks at a clock, so the
same call may be made again after a crash, or for a walk that is only shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from broadcasts.policy.journey_definition import (
    Condition,
    Definition,
    End,
    Exit,
    Reentry,
    Send,
    Step,
    Wait,
    WaitUntil,
)
from scrm.segments.evaluate import evaluate


class Ending(StrEnum):
    """Why a run did not begin or left early; the words are in `selectors/journey_words.py`."""

    # Did not begin.
    ENTRY = "entry"
    OPEN = "open"
    AGAIN = "again"
    # Left early, by what the journey asks for.
    ORDERED = "ordered"
    UNFRIENDED = "unfriended"
    DO_NOT_CONTACT = "do_not_contact"
    LEFT_GROUP = "left_group"
    SEGMENT = "segment"
    # Left early, whatever it asks for.
    DISMISSED = "dismissed"
    NOT_FRIEND = "not_friend"
    NO_STAFF = "no_staff"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Standing:
    """Where a run stands. `step` is "" behind the last one; `patience_until` is set while the
    message of the step waits for the governor, `held_by` is what it said last.
    """

    step: str
    reached_at: datetime
    patience_until: datetime | None = None
    held_by: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known of the subject: `values` of the definition's segment fields, on `today`.

    `has_ordered` since the run began; `has_left` the group whose joining began it; `is_dismissed`
    is said of a group that is gone.
    """

    today: date
    values: Mapping[str, object] = field(default_factory=dict)
    has_ordered: bool = False
    is_friend: bool = True
    is_do_not_contact: bool = False
    has_left: bool = False
    is_dismissed: bool = False


@dataclass(frozen=True)
class Act:
    """One line of a run's log: waits | joined | done | skipped | exited | finished at a step."""

    what: str
    step: str
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Advance:
    """What a run did, and where it stands now: running (until `due_at`), sending, done, exited."""

    acts: tuple[Act, ...]
    state: str
    step: str
    reached_at: datetime
    due_at: datetime | None = None
    patience_until: datetime | None = None
    held_by: str = ""
    reason: str = ""

    @property
    def standing(self) -> Standing:
        return Standing(self.step, self.reached_at, self.patience_until, self.held_by)


@dataclass(frozen=True)
class History:
    """What this subject did in this journey before."""

    is_open: bool = False
    last_ended_at: datetime | None = None


def refusal(reentry: Reentry, history: History, now: datetime, *, fits: bool) -> Ending | None:
    """Why a run may not begin; None when it may. `fits`: the condition at entry holds."""
    if history.is_open:
        return Ending.OPEN
    if history.last_ended_at is not None:
        waits = timedelta(days=reentry.days)
        if reentry.kind == "never" or history.last_ended_at > now - waits:
            return Ending.AGAIN
    return None if fits else Ending.ENTRY


def next_acts(
    definition: Definition, standing: Standing, facts: Facts, now: datetime, zone: ZoneInfo
) -> Advance:
    """Go on as far as possible at `now`. Times of day are local to `zone`."""
    ending = exit_of(definition, facts)
    if ending is not None:
        act = Act("exited", standing.step, ending)
        return Advance((act,), "exited", standing.step, standing.reached_at, reason=ending)
    walk = _Walk(definition, facts, now, zone)
    return walk.go(standing)


def exit_of(definition: Definition, facts: Facts) -> Ending | None:
    """The first thing that ends a run of this subject now."""
    if facts.is_dismissed:
        return Ending.DISMISSED
    return next((Ending(one.kind) for one in definition.exits if _applies(one, facts)), None)


def wait_over(
    step: Wait | WaitUntil, reached_at: datetime, now: datetime, zone: ZoneInfo
) -> datetime:
    """When to go on from a wait that was reached at that moment, as it looks at `now`.

    Whoever comes too late for a window that has closed waits for the next one.
    """
    if isinstance(step, Wait):
        return reached_at + step.length
    opens = next_opening(step, reached_at, zone, days=step.days)
    if now <= opens or step.until is None:
        return opens
    return next_opening(step, now, zone)


def next_opening(step: WaitUntil, after: datetime, zone: ZoneInfo, *, days: int = 0) -> datetime:
    """The first moment that fits, not before `after` and at least `days` calendar days later."""
    local = after.astimezone(zone)
    for ahead in range(days, days + 8):
        day = local.date() + timedelta(days=ahead)
        if step.weekdays and day.isoweekday() not in step.weekdays:
            continue
        opens = datetime.combine(day, step.at, zone)
        if opens >= local:
            return opens.astimezone(after.tzinfo)
        if step.until is not None and local < datetime.combine(day, step.until, zone):
            return after
    raise AssertionError("eight days have every weekday")


def _applies(one: Exit, facts: Facts) -> bool:
    if one.rule is not None:
        return evaluate(one.rule, facts.values, today=facts.today)
    return {
        "ordered": facts.has_ordered,
        "unfriended": not facts.is_friend,
        "do_not_contact": facts.is_do_not_contact,
        "left_group": facts.has_left,
    }[one.kind]


class _Walk:
    """One walk through the steps at one moment."""

    def __init__(self, definition: Definition, facts: Facts, now: datetime, zone: ZoneInfo) -> None:
        self._definition, self._facts = definition, facts
        self._now, self._zone = now, zone
        self._acts: list[Act] = []

    def go(self, standing: Standing) -> Advance:
        while standing.step:
            step = self._definition.by_id[standing.step]
            if isinstance(step, Wait | WaitUntil):
                until = wait_over(step, standing.reached_at, self._now, self._zone)
                if until > self._now:
                    return self._wait(standing, until)
                self._note("done", step)
            elif isinstance(step, Send):
                if self._has_patience(standing):
                    return self._join(step, standing)
                self._note("skipped", step, standing.held_by or "patience")
            elif isinstance(step, Condition):
                standing = self._choose(step)
                continue
            elif isinstance(step, End):
                self._note("done", step)
                standing = Standing("", self._now)
                continue
            else:
                self._note("done", step)
            standing = Standing(self._definition.following[step.id], self._now)
        self._acts.append(Act("finished", ""))
        return Advance(tuple(self._acts), "done", "", standing.reached_at)

    def _wait(self, standing: Standing, until: datetime) -> Advance:
        self._acts.append(Act("waits", standing.step, until=until))
        return Advance(tuple(self._acts), "running", standing.step, standing.reached_at, until)

    def _has_patience(self, standing: Standing) -> bool:
        return standing.patience_until is None or self._now < standing.patience_until

    def _join(self, step: Send, standing: Standing) -> Advance:
        patience = standing.patience_until or standing.reached_at + step.patience
        self._note("joined", step)
        return Advance(
            tuple(self._acts),
            "sending",
            step.id,
            standing.reached_at,
            patience_until=patience,
            held_by=standing.held_by,
        )

    def _choose(self, step: Condition) -> Standing:
        holds = evaluate(step.rule, self._facts.values, today=self._facts.today)
        self._note("done", step, "yes" if holds else "no")
        way = step.yes if holds else step.no
        return Standing(way[0].id if way else self._definition.following[step.id], self._now)

    def _note(self, what: str, step: Step, reason: str = "") -> None:
        self._acts.append(Act(what, step.id, reason))
