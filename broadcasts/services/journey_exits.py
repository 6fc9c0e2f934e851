"""End runs before their last step (旅程退出)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from broadcasts.models import Journey, JourneyRun, JourneyVersion
from broadcasts.policy.journey import Ending
from broadcasts.policy.journey_definition import CONTACT, Definition
from broadcasts.selectors.journey_definitions import BrokenDefinition, definition_of
from broadcasts.services.journey_sql import END
from contacts.selectors.audiences import audience
from groups.selectors.audiences import facts_of
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.segments.nodes import Node

# Whether what the exit is about is really so; events tell of it at once, whatever their order.
_EVENTS = {
    "ordered": """EXISTS (SELECT 1 FROM contacts_order o
        WHERE o.contact_id = run.contact_id AND o.paid_at > run.event_at)""",
    "unfriended": """EXISTS (SELECT 1 FROM contacts_contactfacts facts
        WHERE facts.contact_id = run.contact_id AND facts.relation = 'lost')""",
    "do_not_contact": """EXISTS (SELECT 1 FROM contacts_contactfacts facts
        WHERE facts.contact_id = run.contact_id AND facts.is_do_not_contact)""",
    "left_group": """run.group_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM groups_groupmember member
        WHERE member.contact_id = run.contact_id AND member.group_id = run.group_id
            AND member.left_at IS NULL)""",
}


def leave(*, contact_ids: Sequence[int], kind: str, now: datetime) -> int:
    """Let these customers leave the journeys that end by this kind of event; how many runs."""
    if not contact_ids:
        return 0
    versions = [pk for pk, definition in _open_versions() if _has_exit(definition, kind)]
    if not versions:
        return 0
    which = (
        "run.state <> 'expected' AND run.contact_id = ANY (%(contacts)s) "
        f"AND run.version_id = ANY (%(versions)s) AND {_EVENTS[kind]}"
    )
    return _end(which, reason=kind, now=now, contacts=list(contact_ids), versions=versions)


def leave_by_rules(*, now: datetime) -> int:
    """Let those leave for whom the rule of an exit holds now; how many runs. One pass a rule."""
    ended = 0
    for pk, definition in _open_versions():
        rules = [one.rule for one in definition.exits if one.rule is not None]
        ended += sum(_leave_by_rule(pk, definition, rule, now=now) for rule in rules)
    return ended


def end_all(*, journey_id: int, reason: str, now: datetime) -> int:
    """End every run of a journey that is not over; how many."""
    return _end("run.journey_id = %(journey)s", reason=reason, now=now, journey=journey_id)


def take_out(*, run: JourneyRun, operator: Operator, now: datetime) -> bool:
    """Take one customer or group out by hand; False when the run was over already."""
    with transaction.atomic():
        ended = _end("run.id = %(run)s", reason=Ending.CANCELLED, now=now, run=run.pk)
        if ended:
            record_act(
                action="journey.take_out",
                operator=operator,
                now=now,
                subject=Journey(pk=run.journey_id),
                details={"run": run.pk, "contact": run.contact_id, "group": run.group_id},
            )
    return bool(ended)


def cancel_expected(*, enrolment_id: int, now: datetime) -> int:
    """Refuse those of an enrolment who have not begun; how many."""
    which = "run.enrolment_id = %(enrolment)s AND run.state = 'expected'"
    return _end(which, reason=Ending.CANCELLED, now=now, enrolment=enrolment_id)


def _leave_by_rule(version_id: int, definition: Definition, rule: Node, *, now: datetime) -> int:
    if definition.subject == CONTACT:
        picked: Any = audience(rule, now).order_by().values("pk")
        column = "contact_id"
    else:
        picked = facts_of(rule, now).order_by().values("pk")
        column = "group_id"
    try:
        sql, parameters = picked.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        found = (
            "SELECT array_agg(run.id) FROM broadcasts_journeyrun run "  # noqa: S608
            "WHERE run.version_id = %s AND run.state IN ('running', 'sending') "
            f"AND run.{column} IN ({sql})"
        )
        cursor.execute(found, [version_id, *parameters])
        (ids,) = cursor.fetchone() or (None,)
    return _end("run.id = ANY (%(runs)s)", reason="segment", now=now, runs=ids) if ids else 0


def _open_versions() -> list[tuple[int, Definition]]:
    """Versions of active journeys that somebody is under way in, with their definitions."""
    standing = JourneyRun.objects.filter(
        version=OuterRef("pk"),
        state__in=(JourneyRun.State.RUNNING, JourneyRun.State.SENDING),
    )
    versions = JourneyVersion.objects.filter(
        Exists(standing), journey__state=Journey.State.ACTIVE
    ).order_by("pk")
    found = []
    for version in versions:
        try:
            found.append((version.pk, definition_of(version)))
        except BrokenDefinition:
            continue
    return found


def _has_exit(definition: Definition, kind: str) -> bool:
    return any(one.kind == kind for one in definition.exits)


def _end(which: str, *, reason: str, now: datetime, **parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(END.format(which=which), {**parameters, "reason": str(reason), "now": now})
        (ended,) = cursor.fetchone() or (0,)
    return int(ended)
