"""Not too often (频次上限): so many a month, so many a day, so many days apart."""

from __future__ import annotations

from datetime import datetime

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if
from broadcasts.policy.terms import Terms


def _cap(reason: Reason, column: str, most: int) -> Rule:
    """No more than `most` of what `column` of the facts counts."""

    def decide(facts: Facts, _now: datetime) -> Decision:
        return skip_if(applies=getattr(facts, column) >= most, reason=reason)

    name = f"most_{reason}"
    return Rule(reason, decide, sql=f"{column} >= %({name})s", bind=lambda _now: {name: most})


def monthly_cap(terms: Terms) -> Rule:
    """Private marketing messages of one month."""
    return _cap(Reason.CAP, "cap_used", terms.monthly_cap)


def daily_cap(most: int) -> Rule:
    """Touches of one day on one channel (群, 朋友圈)."""
    return _cap(Reason.CHANNEL_CAP, "day_used", most)


def class_cap(most: int) -> Rule:
    """Touches of one class in a month, over all channels: 高频轻互动, 低频深转化."""
    return _cap(Reason.CLASS_CAP, "class_used", most)


def total_cap(most: int) -> Rule:
    """Marketing touches in a month, over all channels and classes."""
    return _cap(Reason.TOTAL_CAP, "total_used", most)


def gap(terms: Terms) -> Rule:
    """So many calendar days since the last private touch."""

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


def deep_gap(terms: Terms) -> Rule:
    """So many calendar days between two deep touches, whatever their channels."""

    def decide(facts: Facts, now: datetime) -> Decision:
        last = facts.last_deep_at
        recent = last is not None and last >= terms.deep_gap_since(now)
        return skip_if(applies=recent, reason=Reason.DEEP_GAP)

    return Rule(
        Reason.DEEP_GAP,
        decide,
        sql="last_deep_at >= %(deep_gap_since)s",
        bind=lambda now: {"deep_gap_since": terms.deep_gap_since(now)},
    )
