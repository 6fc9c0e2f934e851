"""A new friend is not sold to at once (新客培育期): no deep touch in the first days."""

from __future__ import annotations

from datetime import datetime, timedelta

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if


def nurture(days: int) -> Rule:
    def decide(facts: Facts, now: datetime) -> Decision:
        known_since = facts.first_followed_at
        is_new = known_since is not None and known_since > now - timedelta(days=days)
        return skip_if(applies=is_new, reason=Reason.NURTURE)

    return Rule(
        Reason.NURTURE,
        decide,
        sql="first_followed_at > %(nurture_since)s",
        bind=lambda now: {"nurture_since": now - timedelta(days=days)},
    )
