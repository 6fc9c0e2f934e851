"""A walk through a journey that is only shown (试运行): nothing is written, nobody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broadcasts.policy.journey import Ending, History, Standing, next_acts, refusal
from broadcasts.policy.journey_definition import Definition, Wait, WaitUntil
from broadcasts.policy.journey_slots import slot_of
from broadcasts.selectors.journey_facts import Subject, facts_of_runs, fitting, histories
from broadcasts.selectors.journey_waiting import why_not
from broadcasts.selectors.policy import house_terms

# Every look at a walk ends at a wait or a message, and there are at most eighty steps.
_MOST_LOOKS = 200


@dataclass(frozen=True)
class TrialLine:
    """What would happen at a step: `what` as in a run's log. `until` is the end of a wait, or when
    the message would go out; `reason` of a message is what the governor has against it today.
    """

    at: datetime
    what: str
    step: str
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Trial:
    """The whole walk; `refused` says why it would not begin by itself."""

    lines: Sequence[TrialLine]
    refused: Ending | None


def try_out(
    definition: Definition,
    *,
    journey_id: int,
    subject_id: int,
    now: datetime,
    group_id: int | None = None,
    slot: timedelta,
) -> Trial:
    """The way of this customer or group if it began now.

    What is asked on the way is answered with what is known now: nobody knows what she will do.
    A message is taken to go out with its slot; the governor may hold it back on the day.
    """
    subject = Subject(subject_id, group_id, now)
    (facts,) = facts_of_runs(definition, [subject], now=now)
    history = histories(journey_id, definition.subject, [subject_id]).get(subject_id, History())
    fits = subject_id in fitting(definition, [subject_id], now=now)
    lines: list[TrialLine] = []
    standing, moment = Standing(definition.first, now), now
    terms = house_terms().over(definition.channel)
    for _look in range(_MOST_LOOKS):
        ahead = next_acts(definition, standing, facts, moment, terms.zone)
        lines += [
            TrialLine(moment, act.what, act.step, act.reason, act.until)
            for act in ahead.acts
            if not _is_end_of_wait(definition, act.what, act.step)
        ]
        if ahead.state == "running" and ahead.due_at is not None:
            standing, moment = ahead.standing, ahead.due_at
        elif ahead.state == "sending":
            at = slot_of(terms, moment, moment, length=slot)
            reason = why_not(definition, ahead.step, subject_id, at)
            lines.append(replace(lines.pop(), until=at, reason=reason))
            moment = at
            standing = Standing(definition.following[ahead.step], moment)
        else:
            break
    return Trial(lines, refusal(definition.reentry, history, now, fits=fits))


def _is_end_of_wait(definition: Definition, what: str, step: str) -> bool:
    return what == "done" and isinstance(definition.by_id.get(step), Wait | WaitUntil)
