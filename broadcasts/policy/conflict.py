"""Two broadcasts want the same customer (冲突群发): who keeps her is decided, not left to chance.

Whoever was frozen first has promised and keeps its promise (`no_conflict`). Between broadcasts
that wait for their windows the order is `Claim.precedence`: the better priority, then the earlier
window, then the older one. When the audience of one is fixed, customers whom a *rival* picks are
left to it (`priority`). A rival is a broadcast of light or deep class that

* is scheduled and not frozen, and its window is not over,
* comes first in that order, and
* is too near: if both wrote to her, the gap between two messages would be broken.

A rival that is stopped later gives nobody back to a broadcast that is already frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from broadcasts.policy.decision import Decision, Facts, Reason, Rule, skip_if
from broadcasts.policy.terms import Terms


@dataclass(frozen=True)
class Claim:
    """What a broadcast that is not frozen yet asks of the calendar. Priority 1 is the best."""

    key: int
    priority: int
    window_start: datetime
    window_end: datetime

    @property
    def precedence(self) -> tuple[int, datetime, int]:
        return (self.priority, self.window_start, self.key)


def is_rival(terms: Terms, mine: Claim, other: Claim, now: datetime) -> bool:
    """Whether `other` may take customers from `mine`, whose audience is fixed at `now`."""
    if not terms.conflict_days or other.window_end <= now:
        return False
    if other.precedence >= mine.precedence:
        return False
    theirs = max(now, other.window_start)
    return other.window_end >= terms.conflict_since(
        now
    ) and mine.window_end >= terms.conflict_since(theirs)


def no_conflict(terms: Terms) -> Rule:
    """Not while a broadcast under way may still reach her within the gap."""

    def decide(facts: Facts, now: datetime) -> Decision:
        promised = facts.reserved_until
        conflicts = promised is not None and promised >= terms.conflict_since(now)
        return skip_if(applies=conflicts, reason=Reason.CONFLICT)

    return Rule(
        Reason.CONFLICT,
        decide,
        sql="reserved_until >= %(conflict_since)s",
        bind=lambda now: {"conflict_since": terms.conflict_since(now)},
    )


def priority() -> Rule:
    """Not when a rival is about to take her."""

    def decide(facts: Facts, _now: datetime) -> Decision:
        return skip_if(applies=facts.is_wanted, reason=Reason.PRIORITY)

    return Rule(Reason.PRIORITY, decide, sql="is_wanted")
