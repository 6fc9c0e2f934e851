"""The governor (触达治理): the rules in their order, and the one question asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from broadcasts.policy.conflict import no_conflict, priority
from broadcasts.policy.decision import Allow, Decision, Facts, Rule
from broadcasts.policy.frequency import class_cap, daily_cap, deep_gap, gap, monthly_cap, total_cap
from broadcasts.policy.holdout import holdout, standing_holdout
from broadcasts.policy.nurture import nurture
from broadcasts.policy.preferences import do_not_contact, pause, topic_off
from broadcasts.policy.quiet_hours import quiet_hours
from broadcasts.policy.quota import quota
from broadcasts.policy.relation import friend, has_sender
from broadcasts.policy.terms import PRIVATE, Terms
from broadcasts.policy.white_space import white_share, white_space


def rules_for(terms: Terms) -> tuple[Rule, ...]:
    """The rules that apply to such a touch, in the order in which they have the word.

    The hold-out of a broadcast is last: it is drawn among the allowed. A message to a group or a
    moment cannot leave out single customers, so there only the rules about too much are asked.
    """
    if terms.channel != PRIVATE:
        return (quiet_hours(terms), *_sparing(terms))
    always = (quiet_hours(terms), friend(), has_sender(), do_not_contact(), pause())
    about = (topic_off(),) if terms.topic is not None else ()
    if terms.is_service:
        return (*always, *about, quota(terms))
    kept = (standing_holdout(terms),) if terms.standing_percent else ()
    young = (nurture(terms.nurture_days),) if terms.is_deep else ()
    drawn = (holdout(terms),) if terms.holdout_percent else ()
    return (
        *always,
        *about,
        *kept,
        *young,
        *_sparing(terms),
        *((no_conflict(terms), priority()) if terms.conflict_days else ()),
        quota(terms),
        *drawn,
    )


def _sparing(terms: Terms) -> tuple[Rule, ...]:
    """The rules against too much of it; a figure that is switched off has none."""
    if terms.is_service:
        return ()
    is_private = terms.channel == PRIVATE
    caps = (
        (daily_cap, terms.daily_cap),
        (class_cap, terms.class_cap),
        (total_cap, terms.total_cap),
    )
    silences = (
        (gap, terms.gap_days if is_private else 0),
        (deep_gap, terms.deep_gap_days if terms.is_deep else 0),
        (white_space, terms.white_days),
        (white_share, terms.white_share),
    )
    return (
        *((monthly_cap(terms),) if is_private else ()),
        *(cap(most) for cap, most in caps if most is not None),
        *(silence(terms) for silence, figure in silences if figure),
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
