"""WeCom's own limit per customer (群发规则), known before it fails instead of after."""

from __future__ import annotations

from datetime import datetime

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if
from broadcasts.policy.terms import Terms


def quota(terms: Terms) -> Rule:
    def decide(facts: Facts, now: datetime) -> Decision:
        return skip_if(applies=facts.quota_used >= terms.quota_limit(now), reason=Reason.QUOTA)

    return Rule(
        Reason.QUOTA,
        decide,
        sql="quota_used >= %(quota_limit)s",
        bind=lambda now: {"quota_limit": terms.quota_limit(now)},
    )
