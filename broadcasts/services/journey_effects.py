"""What steps of journeys do besides sending: tags, tasks for staff, calls of other systems.

All of it is rows, written in the transaction of the slice that moves the runs on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from broadcasts.models import JourneyRun, JourneyVersion
from broadcasts.policy.journey_definition import CONTACT, Definition, StaffTask, Tag, Webhook
from broadcasts.services.webhooks import Happening, emit_many
from contacts.models import Follow, Staff
from contacts.services.staff_tasks import give_tasks
from contacts.services.tag_jobs import start_tag_job
from groups.models import GroupChat
from groups.services.group_tags import mark_groups
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.segments.days import business_day

log = logging.getLogger(__name__)


def carry_out(
    version: JourneyVersion,
    definition: Definition,
    done: Mapping[str, Sequence[JourneyRun]],
    *,
    now: datetime,
) -> None:
    """Do what the steps say for the runs that have just passed them."""
    for step_id, runs in done.items():
        step = definition.by_id[step_id]
        if isinstance(step, Tag):
            _tag(version, definition, step, runs, now=now)
        elif isinstance(step, StaffTask):
            _give_tasks(version, step, runs, now=now)
        elif isinstance(step, Webhook):
            _tell(version, step, runs, now=now)


def _operator(version: JourneyVersion) -> Operator:
    """Whoever published it answers for what it does, within what they may see."""
    return Operator.objects.get(pk=version.published_by_id or 0)


def _tag(
    version: JourneyVersion,
    definition: Definition,
    step: Tag,
    runs: Sequence[JourneyRun],
    *,
    now: datetime,
) -> None:
    operator = _operator(version)
    try:
        with transaction.atomic():
            if definition.subject == CONTACT:
                start_tag_job(
                    contact_ids=[run.contact_id for run in runs if run.contact_id],
                    add_tag_ids=step.add,
                    remove_tag_ids=step.remove,
                    operator=operator,
                    now=now,
                )
            else:
                mark_groups(
                    groups=GroupChat.objects.filter(pk__in=[run.group_id for run in runs]),
                    add_tag_ids=step.add,
                    remove_tag_ids=step.remove,
                    operator=operator,
                    now=now,
                )
    except InvalidInput as error:
        log.warning("journey version %s, step %s: %s", version.pk, step.id, error)


def _give_tasks(
    version: JourneyVersion, step: StaffTask, runs: Sequence[JourneyRun], *, now: datetime
) -> None:
    """A task for whoever became her friend last; nobody has one who has no friend here."""
    operator = _operator(version)
    contact_ids = [run.contact_id for run in runs if run.contact_id]
    rows = Follow.objects.filter(
        contact__in=contact_ids,
        status=Follow.Status.ACTIVE,
        staff__status=Staff.Status.ACTIVE,
    ).order_by("contact", "-added_at", "-pk")
    friends = dict(rows.distinct("contact").values_list("contact_id", "staff_id"))
    due_on = business_day(now) + timedelta(days=step.due_days)
    try:
        give_tasks(staff_of=friends, text=step.text, due_on=due_on, operator=operator, now=now)
    except InvalidInput as error:
        log.warning("journey version %s, step %s: %s", version.pk, step.id, error)


def _tell(
    version: JourneyVersion, step: Webhook, runs: Sequence[JourneyRun], *, now: datetime
) -> None:
    said = {
        "journey": version.journey_id,
        "version": version.number,
        "step": step.id,
        "name": step.name,
    }
    happenings = (
        Happening(
            subject_id=run.pk,
            data={**said, "contact": run.contact_id, "group": run.group_id},
            found_as=f"journey:{run.pk}:{step.id}",
        )
        for run in runs
    )
    emit_many(kind="journey.step", happenings=happenings, now=now)
