"""Whose word a broadcast needs before it goes out (审批)."""

from __future__ import annotations

from datetime import datetime

from broadcasts.models import Broadcast
from broadcasts.selectors.expected import expected_people
from broadcasts.selectors.policy import policy_settings
from broadcasts.selectors.reviews import MAY_APPROVE
from scrm.console.models import Operator


def is_large(broadcast: Broadcast, *, now: datetime) -> bool:
    """Whether so many people would receive it that a second pair of eyes is asked for, whoever
    wrote it. Of groups, all members count.
    """
    above = policy_settings().approval_above
    return above is not None and expected_people(broadcast, now=now) > above


def needs_approval(broadcast: Broadcast, operator: Operator, *, now: datetime) -> bool:
    """Whether this operator has to submit it instead of scheduling it."""
    return not operator.has_perm(MAY_APPROVE) or is_large(broadcast, now=now)


def may_approve(broadcast: Broadcast, operator: Operator, *, now: datetime) -> bool:
    """Whether her word counts: a large one needs another's than its submitter's."""
    if not operator.has_perm(MAY_APPROVE):
        return False
    return broadcast.submitted_by_id != operator.pk or not is_large(broadcast, now=now)
