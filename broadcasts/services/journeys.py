"""Write journeys (编辑旅程), and publish, pause, resume, copy and archive them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from broadcasts.models import Journey, JourneyVersion
from broadcasts.models.broadcast import IllegalMove
from broadcasts.policy.journey import Ending
from broadcasts.policy.journey_definition import CONTACT, FORMAT, Definition, Send
from broadcasts.policy.journey_reading import Problem
from broadcasts.selectors.journey_definitions import draft_problems
from broadcasts.services.journey_compare import start_comparing
from broadcasts.services.journey_exits import end_all
from broadcasts.services.journey_feeds import start_feeds
from broadcasts.services.journey_sends import pause_sends, resume_sends, stop_sends
from broadcasts.services.unfinished import newer_version
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.typed import one_line

State = Journey.State
NAME_CHARS, DESCRIPTION_CHARS = 64, 256


class NotPublishable(ScrmError):
    """The draft has mistakes; `problems` names each with its step and field."""

    code = "journey_not_publishable"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class NeedsApprover(ScrmError):
    """Somebody else has to publish it."""

    code = "journey_needs_approver"


@dataclass(frozen=True)
class Seen:
    """What a writer saw: the `revision` of the draft, None for whatever it is, in which `page` of
    the editor; savings of one page may overtake each other.
    """

    revision: int | None = None
    page: UUID | None = None
    is_autosave: bool = False


UNSEEN = Seen()


def empty_draft(subject: str) -> dict[str, Any]:
    """What a new journey begins with."""
    return {
        "format": FORMAT,
        "subject": subject,
        "trigger": {"kind": "manual"},
        "entry": None,
        "steps": [],
        "exits": [{"kind": "do_not_contact"}, {"kind": "unfriended"}] if subject == CONTACT else [],
        "reentry": {"kind": "never"},
    }


def create_journey(
    *,
    name: str,
    subject: str,
    operator: Operator,
    now: datetime,
    description: str = "",
    draft: dict[str, Any] | None = None,
) -> Journey:
    """A new draft, empty or with these steps, which need not be right yet.

    Raises InvalidInput (name, description, subject).
    """
    if subject not in Journey.Subject.values:
        raise InvalidInput(_("A journey is for customers or for groups."), field="subject")
    journey = Journey(
        subject=subject,
        draft={**(draft or empty_draft(subject)), "subject": subject},
        created_by=operator,
        created_at=now,
        updated_at=now,
        **_words(name, description),
    )
    with transaction.atomic():
        _save(journey)
        record_act(action="journey.create", operator=operator, now=now, subject=journey)
    return journey


def save_draft(
    *,
    journey: Journey,
    operator: Operator,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
    draft: dict[str, Any] | None = None,
    seen: Seen = UNSEEN,
) -> Journey:
    """Keep what the editor holds, mistakes included; what runs is not touched.

    Savings by themselves stand in the operation log once for each page of the editor.
    Raises InvalidInput (name, description), IllegalMove for an archived journey, NewerVersion
    when somebody else has saved since.
    """
    with transaction.atomic():
        locked = _locked(journey)
        if locked.state == State.ARCHIVED:
            raise IllegalMove(_("An archived journey cannot be changed. Copy it instead."))
        is_own = seen.page is not None and locked.edited_on == seen.page
        if seen.revision not in {None, locked.revision} and not is_own:
            raise newer_version()
        before = (locked.name, locked.description, locked.draft)
        words = _words(
            locked.name if name is None else name,
            locked.description if description is None else description,
        )
        locked.name, locked.description = words["name"], words["description"]
        if draft is not None:
            locked.draft = {**draft, "subject": locked.subject}
        if (locked.name, locked.description, locked.draft) == before:
            return _refreshed(journey)
        locked.updated_at, locked.edited_on = now, seen.page
        locked.revision += 1
        _save(locked)
        if not (seen.is_autosave and is_own):
            record_act(action="journey.change", operator=operator, now=now, subject=locked)
    return _refreshed(journey)


def copy_journey(*, journey: Journey, operator: Operator, now: datetime) -> Journey:
    """A new draft with the same steps."""
    return create_journey(
        name=_free_name(_("%(name)s (copy)") % {"name": journey.name[:50]}),
        description=journey.description,
        subject=journey.subject,
        draft=journey.draft,
        operator=operator,
        now=now,
    )


def publish(*, journey: Journey, operator: Operator, now: datetime) -> JourneyVersion:
    """Put the draft into force (发布): who begins from now on follows it; runs finish on theirs.

    Publishing what is in force already changes nothing. Raises NotPublishable, NeedsApprover,
    IllegalMove for an archived journey.
    """
    with transaction.atomic():
        locked = _locked(journey)
        if locked.state == State.ARCHIVED:
            raise IllegalMove(_("An archived journey cannot be published. Copy it instead."))
        definition, problems = draft_problems(locked.draft)
        if definition is None:
            raise NotPublishable(problems)
        _check_may_send(definition, operator)
        if not locked.has_changes and locked.version is not None:
            return locked.version
        number = locked.versions.count() + 1
        version = JourneyVersion.objects.create(
            journey=locked,
            number=number,
            definition=locked.draft,
            published_by=operator,
            published_at=now,
        )
        segment = definition.trigger.segment or None
        is_contact = definition.subject == CONTACT
        changed: dict[str, object] = {
            "version": version,
            "rule": locked.draft,
            "segment": segment if is_contact else None,
            "group_segment": None if is_contact else segment,
            "updated_at": now,
        }
        if locked.state == State.DRAFT:
            changed |= {"state": State.ACTIVE, "live_at": now}
        Journey.objects.filter(pk=locked.pk).update(**changed)
        start_feeds(now=now)
        start_comparing(journey_id=locked.pk, definition=definition, now=now)
        record_act(
            action="journey.publish",
            operator=operator,
            now=now,
            subject=locked,
            details={"version": number},
        )
    _refreshed(journey)
    return version


def pause(*, journey: Journey, operator: Operator, now: datetime) -> Journey:
    """Take nobody in and move nobody on (暂停); what staff already hold stays with them.

    Raises IllegalMove unless it is active.
    """
    with transaction.atomic():
        _move(journey, (State.ACTIVE,), state=State.PAUSED, live_at=None, updated_at=now)
        pause_sends(journey_id=journey.pk, operator=operator, now=now)
        record_act(action="journey.pause", operator=operator, now=now, subject=journey)
    return _refreshed(journey)


def resume(*, journey: Journey, operator: Operator, now: datetime) -> Journey:
    """Go on (恢复): runs from where they stand; what happened meanwhile starts nothing.

    Raises IllegalMove unless it is paused.
    """
    with transaction.atomic():
        _move(journey, (State.PAUSED,), state=State.ACTIVE, live_at=now, updated_at=now)
        resume_sends(journey_id=journey.pk, operator=operator, now=now)
        _refreshed(journey)
        definition, _problems = draft_problems(journey.version and journey.version.definition)
        if definition is not None:
            start_comparing(journey_id=journey.pk, definition=definition, now=now)
        record_act(action="journey.resume", operator=operator, now=now, subject=journey)
        enqueue_on_commit("broadcasts.advance_journeys")
    return journey


def archive(*, journey: Journey, operator: Operator, now: datetime) -> Journey:
    """End it for good (归档): open runs leave, waiting messages are stopped. Raises IllegalMove."""
    states = (State.DRAFT, State.ACTIVE, State.PAUSED)
    with transaction.atomic():
        _move(journey, states, state=State.ARCHIVED, live_at=None, updated_at=now)
        ended = end_all(journey_id=journey.pk, reason=Ending.ARCHIVED, now=now)
        stop_sends(journey_id=journey.pk, operator=operator, now=now)
        record_act(
            action="journey.archive",
            operator=operator,
            now=now,
            subject=journey,
            details={"runs_ended": ended},
        )
    return _refreshed(journey)


def delete_draft(*, journey: Journey, operator: Operator, now: datetime) -> None:
    """Remove a journey that never ran. Raises IllegalMove once it was published."""
    with transaction.atomic():
        record_act(action="journey.delete", operator=operator, now=now, subject=journey)
        deleted, _rows = Journey.objects.filter(pk=journey.pk, state=State.DRAFT).delete()
        if not deleted:
            raise IllegalMove(_("Only a draft can be deleted. Archive the journey instead."))


def _check_may_send(definition: Definition, operator: Operator) -> None:
    """Messages of journeys go out without another look, so publishing them is approving them."""
    sends = any(isinstance(step, Send) for step in definition.by_id.values())
    if sends and not operator.has_perm("broadcasts.approve_broadcast"):
        raise NeedsApprover(
            _("It sends messages: somebody who may approve broadcasts has to publish it.")
        )


def _locked(journey: Journey) -> Journey:
    return Journey.objects.select_for_update().get(pk=journey.pk)


def _refreshed(journey: Journey) -> Journey:
    journey.refresh_from_db()
    return journey


def _move(journey: Journey, states: tuple[str, ...], **changed: object) -> None:
    if not Journey.objects.filter(pk=journey.pk, state__in=states).update(**changed):
        raise IllegalMove(
            _("A journey in state “%(state)s” cannot do that; load the page again.")
            % {"state": Journey.objects.get(pk=journey.pk).get_state_display()}
        )


def _words(name: str, description: str) -> dict[str, str]:
    name = one_line(name)
    description = one_line(description)
    if not name:
        raise InvalidInput(_("Give the journey a name."), field="name")
    if len(name) > NAME_CHARS:
        message = _("The name is longer than %(most)d characters.") % {"most": NAME_CHARS}
        raise InvalidInput(message, field="name")
    if len(description) > DESCRIPTION_CHARS:
        message = _("At most %(most)d characters.") % {"most": DESCRIPTION_CHARS}
        raise InvalidInput(message, field="description")
    return {"name": name, "description": description}


def _save(journey: Journey) -> None:
    try:
        with transaction.atomic():
            journey.save()
    except IntegrityError:
        message = _("Another journey has this name.")
        raise InvalidInput(message, field="name") from None


def _free_name(name: str) -> str:
    taken = set(Journey.objects.filter(name__startswith=name).values_list("name", flat=True))
    numbered = (f"{name} {number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)
