"""Submit broadcasts for approval, approve them or send them back (审批)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, IllegalMove
from broadcasts.selectors.approval import may_approve
from broadcasts.selectors.reviews import MAY_APPROVE
from broadcasts.services.compose import window_problems
from broadcasts.services.control import ready_to_go
from broadcasts.services.materials import pin_content
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.typed import one_line

State = Broadcast.State
NOTE_LENGTH = 500


class MayNotApprove(ScrmError):
    """Her role may not, or it is her own and too large for one pair of eyes."""

    code = "may_not_approve"


def submit(*, broadcast: Broadcast, operator: Operator, now: datetime) -> Broadcast:
    """Ask for approval; from now on it cannot be changed, and its rules are those of now.

    Raises InvalidInput as scheduling does, IllegalMove when it is no draft.
    """
    rules = ready_to_go(broadcast, now=now)
    with transaction.atomic():
        broadcast.move_to(
            State.REVIEW,
            now=now,
            submitted_by=operator,
            reviewed_by=None,
            reviewed_at=None,
            review_note="",
            **rules,
        )
        pin_content(broadcast)
        record_act(action="broadcast.submit", operator=operator, now=now, subject=broadcast)
    return broadcast


def approve(
    *, broadcast: Broadcast, operator: Operator, now: datetime, note: str = ""
) -> Broadcast:
    """Let what was submitted start when its window opens.

    Raises MayNotApprove, InvalidInput when its window does not fit any more, IllegalMove when it
    is not (any more) waiting for approval.
    """
    note = _checked(note)
    _require_waiting(broadcast)
    window = (broadcast.window_start, broadcast.window_end)
    for problem in window_problems(*window, kind=broadcast.kind, now=now):
        raise problem
    if not may_approve(broadcast, operator, now=now):
        raise MayNotApprove(_("Somebody else has to approve this."))
    with transaction.atomic():
        broadcast.move_to(
            State.SCHEDULED, now=now, reviewed_by=operator, reviewed_at=now, review_note=note
        )
        _record("broadcast.approve", broadcast, operator, note, now)
        enqueue_on_commit("broadcasts.tick")
    return broadcast


def reject(*, broadcast: Broadcast, operator: Operator, now: datetime, note: str) -> Broadcast:
    """Back to its author, with a word on what to change.

    Raises MayNotApprove, InvalidInput without a note, IllegalMove when it is not (any more)
    waiting for approval.
    """
    note = _checked(note)
    _require_waiting(broadcast)
    if not note:
        raise InvalidInput(_("Say what should be different."), field="note")
    if not operator.has_perm(MAY_APPROVE):
        raise MayNotApprove(_("Somebody else has to approve this."))
    with transaction.atomic():
        broadcast.move_to(
            State.DRAFT, now=now, reviewed_by=operator, reviewed_at=now, review_note=note
        )
        _record("broadcast.reject", broadcast, operator, note, now)
    return broadcast


def withdraw(*, broadcast: Broadcast, operator: Operator, now: datetime) -> Broadcast:
    """Its submitter takes it back to change it (撤回). Raises IllegalMove when it is not hers, or
    not (any more) waiting for approval.
    """
    _require_waiting(broadcast)
    if broadcast.submitted_by_id != operator.pk:
        raise IllegalMove(_("Only who submitted it can take it back."))
    with transaction.atomic():
        broadcast.move_to(State.DRAFT, now=now)
        _record("broadcast.withdraw", broadcast, operator, "", now)
    return broadcast


def _require_waiting(broadcast: Broadcast) -> None:
    """The table of moves would let a draft through as well."""
    if broadcast.state != State.REVIEW:
        raise IllegalMove(_("It does not wait for approval (any more)."))


def _checked(note: str) -> str:
    note = one_line(note)
    if len(note) > NOTE_LENGTH:
        message = _("At most %(most)d characters.") % {"most": NOTE_LENGTH}
        raise InvalidInput(message, field="note")
    return note


def _record(
    action: str, broadcast: Broadcast, operator: Operator, note: str, now: datetime
) -> None:
    details = {"note": note} if note else {}
    record_act(action=action, operator=operator, now=now, subject=broadcast, details=details)
