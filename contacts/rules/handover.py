"""May this customer be handed over now? WeCom's rules (继承规则), asked before WeCom is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Source: WeCom's documentation of transfer_customer and resigned/transfer_customer.
PER_CALL = 100
WINDOW = timedelta(days=90)
MOST_IN_WINDOW = 2
WAIT = timedelta(hours=24)
MOST_SINCE_LEAVING = timedelta(days=365)
MESSAGE_CHARS = 200


class Bar(StrEnum):
    """What stands in the way of one customer."""

    NOT_A_FRIEND = "not_a_friend"
    NOT_UNASSIGNED = "not_unassigned"
    LEFT_TOO_LONG_AGO = "left_too_long_ago"
    IN_TRANSFER = "in_transfer"
    TWICE = "twice"


@dataclass(frozen=True)
class HandoverFacts:
    """What we know of one customer and her giver.

    `is_held`: on the job a friend of the giver now, after leaving one of WeCom's unassigned list.
    `left_at` is of a giver who left. `moved_at` are her on-the-job hand-overs that we know of, in
    any order; those made elsewhere only WeCom knows.
    """

    is_resigned: bool
    is_held: bool
    is_in_transfer: bool = False
    left_at: datetime | None = None
    moved_at: Sequence[datetime] = ()


def bar(facts: HandoverFacts, now: datetime) -> Bar | None:
    """The first rule that stands in the way; None when WeCom should take her."""
    if facts.is_in_transfer:
        return Bar.IN_TRANSFER
    if not facts.is_held:
        return Bar.NOT_UNASSIGNED if facts.is_resigned else Bar.NOT_A_FRIEND
    if facts.is_resigned:
        gone_long = facts.left_at is not None and facts.left_at < now - MOST_SINCE_LEAVING
        return Bar.LEFT_TOO_LONG_AGO if gone_long else None
    recent = sum(moved > now - WINDOW for moved in facts.moved_at)
    return Bar.TWICE if recent >= MOST_IN_WINDOW else None


def poll_gap(polls: int) -> timedelta:
    """How long after the n-th look at WeCom's results to look again: 10 minutes to 4 hours."""
    return min(timedelta(minutes=10 * (1 << min(polls, 10))), timedelta(hours=4))
