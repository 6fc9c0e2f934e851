"""Put a segment into a journey by hand (手动加入)."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from broadcasts.models import Journey, JourneyEnrolment
from broadcasts.models.broadcast import IllegalMove
from broadcasts.policy.journey_definition import CONTACT
from broadcasts.services.journey_exits import cancel_expected
from contacts.models import Segment
from contacts.selectors.audiences import audience
from contacts.selectors.visibility import visible_contacts
from groups.models import GroupSegment
from groups.selectors.audiences import chats_of, read_group_rule
from groups.selectors.group_list import visible_groups
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.segments.fields import read_rule

log = logging.getLogger(__name__)
State = JourneyEnrolment.State

_EXPECT = """
INSERT INTO broadcasts_journeyrun (journey_id, version_id, contact_id, group_id, enrolment_id,
    event_key, event_at, state, step, due_at, held_by, reason)
SELECT %s, %s, {contact}, {group}, %s, 'hand:' || %s || ':' || picked.id, %s, 'expected', '', %s,
    '', ''
FROM ({sql}) AS picked (id) ORDER BY picked.id
ON CONFLICT (journey_id, event_key) DO NOTHING
"""


def enrol(
    *, journey: Journey, segment: Segment | GroupSegment, operator: Operator, now: datetime
) -> JourneyEnrolment:
    """Order that everybody in the segment begins; a worker writes their runs.

    Of the segment count those whom the operator may see, as it is when the worker comes to it.
    The condition at entry and the rule of re-entry hold here, too. Raises IllegalMove unless the
    journey is active, RuleError when the segment cannot be read.
    """
    if journey.state != Journey.State.ACTIVE:
        raise IllegalMove(_("Only an active journey takes anybody in; publish or resume it."))
    _read(journey, segment.rule)
    with transaction.atomic():
        enrolment = JourneyEnrolment.objects.create(
            journey=journey,
            name=segment.name,
            rule=segment.rule,
            created_by=operator,
            created_at=now,
        )
        record_act(
            action="journey.enrol",
            operator=operator,
            now=now,
            subject=journey,
            details={"enrolment": enrolment.pk, "segment": segment.pk},
        )
        enqueue_on_commit("broadcasts.enrol_into_journeys")
    return enrolment


def cancel_enrolment(*, enrolment: JourneyEnrolment, operator: Operator, now: datetime) -> bool:
    """Take nobody more in of it (取消); who has begun goes on. False when it was over already."""
    open_ones = JourneyEnrolment.objects.filter(
        pk=enrolment.pk, state__in=(State.WAITING, State.RUNNING)
    )
    with transaction.atomic():
        if not open_ones.update(state=State.CANCELLED, finished_at=now):
            return False
        refused = cancel_expected(enrolment_id=enrolment.pk, now=now)
        record_act(
            action="journey.cancel_enrolment",
            operator=operator,
            now=now,
            subject=enrolment.journey,
            details={"enrolment": enrolment.pk, "not_begun": refused},
        )
    enrolment.refresh_from_db()
    return True


def work_enrolments(*, now: datetime) -> int:
    """Write the runs of what waits, and close what has all begun; how many were worked on."""
    worked = 0
    for enrolment_id in _ids(State.WAITING):
        worked += _write_runs(enrolment_id, now=now)
    for enrolment_id in _ids(State.RUNNING):
        begun = JourneyEnrolment.objects.filter(pk=enrolment_id, state=State.RUNNING).exclude(
            runs__state="expected"
        )
        worked += begun.update(state=State.DONE, finished_at=now)
    return worked


def _ids(state: str) -> list[int]:
    rows = JourneyEnrolment.objects.filter(state=state).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _write_runs(enrolment_id: int, *, now: datetime) -> int:
    """One statement, whatever the size of the segment."""
    with transaction.atomic():
        enrolment = (
            JourneyEnrolment.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("journey", "created_by")
            .filter(pk=enrolment_id, state=State.WAITING)
            .first()
        )
        if enrolment is None or enrolment.journey.state == Journey.State.PAUSED:
            return 0
        changed: dict[str, Any] = {"state": State.RUNNING}
        try:
            with transaction.atomic():
                changed["total"] = _insert(enrolment, now=now)
        except ScrmError as error:
            changed = {"state": State.FAILED, "finished_at": now, "problem": str(error)[:256]}
        JourneyEnrolment.objects.filter(pk=enrolment.pk).update(**changed)
    return 1


def _insert(enrolment: JourneyEnrolment, *, now: datetime) -> int:
    journey = enrolment.journey
    if journey.version_id is None or journey.state != Journey.State.ACTIVE:
        raise IllegalMove(_("The journey was ended before."))
    is_contact = journey.subject == CONTACT
    try:
        sql, parameters = _picked(enrolment, now=now).query.sql_with_params()
    except EmptyResultSet:
        return 0
    statement = _EXPECT.format(
        contact="picked.id" if is_contact else "NULL",
        group="NULL" if is_contact else "picked.id",
        sql=sql,
    )
    told: list[Any] = [journey.pk, journey.version_id, enrolment.pk, str(enrolment.pk), now, now]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*told, *parameters])
        return int(cursor.rowcount)


def _picked(enrolment: JourneyEnrolment, *, now: datetime) -> QuerySet[Any, Any]:
    operator = enrolment.created_by
    rule = _read(enrolment.journey, enrolment.rule)
    if enrolment.journey.subject == CONTACT:
        customers = audience(rule, now).order_by()
        if operator is not None and not operator.sees_everything:
            customers = customers.filter(contact__in=visible_contacts(operator).values("pk"))
        return customers.values("pk")
    chats = chats_of(rule, now).order_by()
    if operator is not None and not operator.sees_everything:
        chats = chats.filter(pk__in=visible_groups(operator).values("pk"))
    return chats.values("pk")


def _read(journey: Journey, rule: object) -> Any:
    return read_rule(rule) if journey.subject == CONTACT else read_group_rule(rule)
