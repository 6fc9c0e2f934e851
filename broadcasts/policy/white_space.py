"""Planned silence (留白): none of it is filled, however good the next message is."""

from __future__ import annotations

from datetime import datetime

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if
from broadcasts.policy.terms import Terms


def white_space(terms: Terms) -> Rule:
    """So many days after a deep touch without any marketing, on any channel."""

    def decide(facts: Facts, now: datetime) -> Decision:
        last = facts.last_deep_at
        silent = last is not None and last >= terms.white_since(now)
        return skip_if(applies=silent, reason=Reason.WHITE_SPACE)

    return Rule(
        Reason.WHITE_SPACE,
        decide,
        sql="last_deep_at >= %(white_since)s",
        bind=lambda now: {"white_since": terms.white_since(now)},
    )


def white_share(terms: Terms) -> Rule:
    """So large a part of a month's days on which she hears nothing from us."""

    def decide(facts: Facts, now: datetime) -> Decision:
        full = facts.touched_days >= terms.touch_days_allowed(now)
        return skip_if(applies=full, reason=Reason.WHITE_SHARE)

    return Rule(
        Reason.WHITE_SHARE,
        decide,
        sql="touched_days >= %(touch_days_allowed)s",
        bind=lambda now: {"touch_days_allowed": terms.touch_days_allowed(now)},
    )
