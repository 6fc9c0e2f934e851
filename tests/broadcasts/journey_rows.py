"""Builders of journeys, and the verbs that move them on."""

from __future__ import annotations

from itertools import count

from broadcasts.models import JourneyRun, JourneyStepLog
from broadcasts.services import journey_tick, journeys
from contacts.models import Tag, TagGroup
from tests.build import operator as build_operator
from tests.contacts.rows import NOW

_numbers = count(1)

FRIENDS = {"field": "relation", "op": "in", "value": ["friend"]}
STRANGERS = {"field": "relation", "op": "in", "value": ["lost"]}


def send(step="hello", **overrides):
    return {
        "id": step,
        "kind": "send",
        "text": "Welcome!",
        "touch_class": "service",
        "patience_hours": 72,
        **overrides,
    }


def wait(step="pause", **length):
    return {"id": step, "kind": "wait", **(length or {"days": 1})}


def task(step="call", **overrides):
    return {"id": step, "kind": "staff_task", "text": "Ring her up", "due_days": 1, **overrides}


def draft(*steps, subject="contact", trigger=None, **overrides):
    return {
        "format": 1,
        "subject": subject,
        "trigger": trigger or {"kind": "manual"},
        "entry": None,
        "steps": list(steps) or [wait()],
        "exits": [],
        "reentry": {"kind": "never"},
        **overrides,
    }


def journey(*steps, now=NOW, operator=None, subject="contact", **overrides):
    """A published journey."""
    operator = operator or build_operator()
    written = journeys.create_journey(
        name=f"Journey {next(_numbers)}",
        subject=subject,
        operator=operator,
        now=now,
        draft=draft(*steps, subject=subject, **overrides),
    )
    journeys.publish(journey=written, operator=operator, now=now)
    return written


def internal_tag():
    number = next(_numbers)
    group = TagGroup.objects.create(name=f"Group {number}", kind="internal")
    return Tag.objects.create(group=group, name=f"Tag {number}", kind="internal")


def expect(journey, person, *, now=NOW, key=None, group=None):
    """Somebody about to begin."""
    return JourneyRun.objects.create(
        journey=journey,
        version=journey.version,
        contact=person,
        group=group,
        event_key=key or f"test:{next(_numbers)}",
        event_at=now,
        due_at=now,
    )


def tick(now):
    """Both heartbeats, as beat would give them."""
    journey_tick.advance(now=now)
    journey_tick.survey(now=now)


def history(run):
    """What the log says: (step, what, reason) in order."""
    lines = JourneyStepLog.objects.filter(run=run).order_by("pk")
    return list(lines.values_list("step", "what", "reason"))
