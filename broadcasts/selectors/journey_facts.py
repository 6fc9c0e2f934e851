"""What the stepper has to know of many runs at once: a few queries, however many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from broadcasts.models import JourneyRun
from broadcasts.policy.journey import Facts, History
from broadcasts.policy.journey_definition import CONTACT, Definition
from broadcasts.selectors.journey_definitions import base_of
from contacts.models import ContactFacts, Order, Relation
from groups.models import GroupChat, GroupMember
from scrm.segments.days import business_day
from scrm.segments.evaluate import evaluate
from scrm.segments.fetch import values_of
from scrm.segments.fields import field_named
from scrm.segments.kinds import Kind
from scrm.segments.nodes import leaves

_OVER_OR_OPEN = ("running", "sending", "done", "exited")


@dataclass(frozen=True)
class Subject:
    """Who a run is about, and since when things count for it."""

    key: int
    group_id: int | None
    since: datetime


def subject_of(run: JourneyRun) -> Subject:
    return Subject(run.contact_id or run.group_id or 0, run.group_id, run.event_at)


def facts_of_runs(
    definition: Definition, subjects: Sequence[Subject], *, now: datetime
) -> list[Facts]:
    """The facts of each, in their order."""
    if definition.subject == CONTACT:
        return _facts_of_contacts(definition, subjects, now=now)
    return _facts_of_groups(definition, subjects, now=now)


def fitting(definition: Definition, keys: Sequence[int], *, now: datetime) -> set[int]:
    """Those for whom the condition at entry holds; all when there is none."""
    rule = definition.entry
    if rule is None:
        return set(keys)
    names = {leaf.field for _path, leaf in leaves(rule)}
    values = values_of(keys, names, now=now, base=base_of(definition.subject))
    today = business_day(now)
    return {key for key, own in values.items() if evaluate(rule, own, today=today)}


def histories(journey_id: int, subject: str, keys: Sequence[int]) -> dict[int, History]:
    """What these did in the journey before; who is not in it has done nothing."""
    runs = JourneyRun.objects.filter(journey_id=journey_id, state__in=_OVER_OR_OPEN)
    if subject == CONTACT:
        rows = runs.filter(contact__in=keys).values_list("contact_id", "state", "ended_at")
    else:
        rows = runs.filter(contact=None, group__in=keys).values_list(
            "group_id", "state", "ended_at"
        )
    found: dict[int, History] = {}
    for key, state, ended_at in rows:
        before = found.get(key or 0, History())
        ends = [moment for moment in (before.last_ended_at, ended_at) if moment is not None]
        is_open = before.is_open or state in {"running", "sending"}
        found[key or 0] = History(is_open, max(ends, default=None))
    return found


def _facts_of_contacts(
    definition: Definition, subjects: Sequence[Subject], *, now: datetime
) -> list[Facts]:
    keys = sorted({subject.key for subject in subjects})
    values = values_of(keys, definition.fields, now=now) if definition.fields else {}
    rows = ContactFacts.objects.filter(pk__in=keys)
    known = {
        key: (relation == Relation.FRIEND, is_blocked)
        for key, relation, is_blocked in rows.values_list("pk", "relation", "is_do_not_contact")
    }
    exits = {one.kind for one in definition.exits}
    ordered = _last_orders(keys) if "ordered" in exits else {}
    present = _present(subjects) if "left_group" in exits else set()
    today = business_day(now)
    nothing = (False, False)
    return [
        Facts(
            today=today,
            values=values.get(subject.key) or _empty(definition),
            has_ordered=subject.key in ordered and ordered[subject.key] > subject.since,
            is_friend=known.get(subject.key, nothing)[0],
            is_do_not_contact=known.get(subject.key, nothing)[1],
            has_left="left_group" in exits
            and subject.group_id is not None
            and (subject.group_id, subject.key) not in present,
        )
        for subject in subjects
    ]


def _facts_of_groups(
    definition: Definition, subjects: Sequence[Subject], *, now: datetime
) -> list[Facts]:
    keys = sorted({subject.key for subject in subjects})
    base = base_of(definition.subject)
    values = values_of(keys, definition.fields, now=now, base=base) if definition.fields else {}
    living = GroupChat.objects.filter(pk__in=keys, dismissed_at__isnull=True)
    there = set(living.values_list("pk", flat=True))
    today = business_day(now)
    return [
        Facts(
            today=today,
            values=values.get(subject.key) or _empty(definition),
            is_dismissed=subject.key not in there,
        )
        for subject in subjects
    ]


def _empty(definition: Definition) -> Mapping[str, object]:
    """Nothing is known of somebody without a facts row; a set that is empty is a set."""
    return {
        name: frozenset() if field_named(name).kind is Kind.SET else None
        for name in definition.fields
    }


def _last_orders(keys: Sequence[int]) -> dict[int, datetime]:
    rows = Order.objects.filter(contact__in=keys).order_by().values("contact_id")
    return {
        row["contact_id"]: row["last"]
        for row in rows.annotate(last=Max("paid_at"))
        if row["contact_id"] is not None
    }


def _present(subjects: Sequence[Subject]) -> set[tuple[int, int]]:
    members = GroupMember.objects.filter(
        contact__in={subject.key for subject in subjects},
        group__in={subject.group_id for subject in subjects if subject.group_id},
        left_at__isnull=True,
    )
    return {
        (group, contact or 0) for group, contact in members.values_list("group_id", "contact_id")
    }
