"""Only friends can be written to, and only by somebody who works here (好友关系)."""

from __future__ import annotations

from datetime import datetime

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if


def friend() -> Rule:
    def decide(facts: Facts, _now: datetime) -> Decision:
        return skip_if(applies=not facts.is_friend, reason=Reason.NOT_FRIEND)

    return Rule(Reason.NOT_FRIEND, decide, sql="NOT is_friend")


def has_sender() -> Rule:
    """An active staff member who serves customers still has her as a friend."""

    def decide(facts: Facts, _now: datetime) -> Decision:
        return skip_if(applies=facts.staff_id is None, reason=Reason.NO_STAFF)

    return Rule(Reason.NO_STAFF, decide, sql="staff_id IS NULL")
