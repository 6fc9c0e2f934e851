"""The governor (触达治理): the rules in their order, and the one question asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from broadcasts.policy.decision import Allow, Decision, Facts, Rule
from broadcasts.policy.frequency import gap, monthly_cap, no_conflict
from broadcasts.policy.holdout import holdout
from broadcasts.policy.nurture import nurture
from broadcasts.policy.preferences import do_not_contact, pause
from broadcasts.policy.quiet_hours import quiet_hours
from broadcasts.policy.quota import quota
from broadcasts.policy.relation import friend, has_sender
from broadcasts.policy.terms import Terms


def rules_for(terms: Terms) -> tuple[Rule, ...]:
    """The rules that apply to such a touch. The hold-out is last: it is drawn among the allowed."""
    always = (quiet_hours(terms), friend(), has_sender(), do_not_contact(), pause())
    if terms.is_service:
        return (*always, quota(terms))
    young = (nurture(terms.nurture_days),) if terms.touch_class == "deep" else ()
    return (
        *always,
        *young,
        monthly_cap(terms),
        gap(terms),
        no_conflict(terms),
        quota(terms),
        holdout(terms),
    )


def decide(rules: Sequence[Rule], facts: Facts, now: datetime) -> Decision:
    """The verdict of the first rule that does not allow, else Allow."""
    for rule in rules:
        decision = rule.decide(facts, now)
        if not isinstance(decision, Allow):
            return decision
    return Allow()


def reason_sql(rules: Sequence[Rule]) -> str:
    """An SQL expression over the columns of `Facts`: the reason of the first rule that skips,
    or '' for those who may be written to. Its parameters are `bindings` of the same rules.
    """
    branches = " ".join(f"WHEN {rule.sql} THEN '{rule.reason}'" for rule in rules if rule.sql)
    return f"CASE {branches} ELSE '' END"


def bindings(rules: Sequence[Rule], now: datetime) -> dict[str, object]:
    bound: dict[str, object] = {}
    for rule in rules:
        bound.update(rule.bind(now))
    return bound
