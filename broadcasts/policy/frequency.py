"""Not too often (频次上限): so many a month, so many days apart."""

from __future__ import annotations

from datetime import datetime

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if
from broadcasts.policy.terms import Terms


def monthly_cap(terms: Terms) -> Rule:
    def decide(facts: Facts, _now: datetime) -> Decision:
        return skip_if(applies=facts.cap_used >= terms.monthly_cap, reason=Reason.CAP)

    return Rule(
        Reason.CAP,
        decide,
        sql="cap_used >= %(monthly_cap)s",
        bind=lambda _now: {"monthly_cap": terms.monthly_cap},
    )


def gap(terms: Terms) -> Rule:
    """So many calendar days since the last touch."""

    def decide(facts: Facts, now: datetime) -> Decision:
        last = facts.last_touch_at
        recent = last is not None and last >= terms.gap_since(now)
        return skip_if(applies=recent, reason=Reason.GAP)

    return Rule(
        Reason.GAP,
        decide,
        sql="last_touch_at >= %(gap_since)s",
        bind=lambda now: {"gap_since": terms.gap_since(now)},
    )


def no_conflict(terms: Terms) -> Rule:
    """Not while another broadcast may still reach her within the gap (冲突群发)."""

    def decide(facts: Facts, now: datetime) -> Decision:
        promised = facts.reserved_until
        conflicts = promised is not None and promised >= terms.gap_since(now)
        return skip_if(applies=conflicts, reason=Reason.CONFLICT)

    return Rule(
        Reason.CONFLICT,
        decide,
        sql="reserved_until >= %(gap_since)s",
        bind=lambda now: {"gap_since": terms.gap_since(now)},
    )
