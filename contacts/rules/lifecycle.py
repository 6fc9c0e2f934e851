"""Which lifecycle stage (生命周期阶段) a customer is in.

Every customer is in exactly one stage. The gap counts from the last purchase day, or from the day
she became a friend when she has never bought. `contacts.services.lifecycle` says the same in SQL;
a property test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

StageName = Literal["new", "first", "repeat", "silent", "lost"]
LostKindName = Literal["", "inactive", "unfriended"]


class Reason(StrEnum):
    """Why a customer is in her stage. Stored with each change; at most 24 characters."""

    NEVER_BOUGHT = "never_bought"
    ONE_PURCHASE_DAY = "one_purchase_day"
    SEVERAL_PURCHASE_DAYS = "several_purchase_days"
    SILENT_SINCE_ORDER = "silent_since_order"
    SILENT_SINCE_ADDED = "silent_since_added"
    GONE_SINCE_ORDER = "gone_since_order"
    GONE_SINCE_ADDED = "gone_since_added"
    UNFRIENDED = "unfriended"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Gaps in days: longer than the first is silent (沉默), than the second lost (流失)."""

    silent_after_days: int = 45
    lost_after_days: int = 120


@dataclass(frozen=True, slots=True)
class LifecycleFacts:
    """What decides. Dates are business days; `order_days` counts different purchase days."""

    is_friend: bool
    friend_since: date
    order_days: int
    last_order_on: date | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The stage with its reason; `gap_days` is never negative."""

    stage: StageName
    lost_kind: LostKindName
    reason: Reason
    gap_days: int


def decide(facts: LifecycleFacts, thresholds: Thresholds, today: date) -> Verdict:
    """The stage of one customer on `today`. Losing the friendship outweighs every order."""
    gap = max(0, (today - (facts.last_order_on or facts.friend_since)).days)
    if not facts.is_friend:
        return Verdict("lost", "unfriended", Reason.UNFRIENDED, gap)
    has_bought = facts.last_order_on is not None
    if gap > thresholds.lost_after_days:
        reason = Reason.GONE_SINCE_ORDER if has_bought else Reason.GONE_SINCE_ADDED
        return Verdict("lost", "inactive", reason, gap)
    if gap > thresholds.silent_after_days:
        reason = Reason.SILENT_SINCE_ORDER if has_bought else Reason.SILENT_SINCE_ADDED
        return Verdict("silent", "", reason, gap)
    if not has_bought:
        return Verdict("new", "", Reason.NEVER_BOUGHT, gap)
    if facts.order_days == 1:
        return Verdict("first", "", Reason.ONE_PURCHASE_DAY, gap)
    return Verdict("repeat", "", Reason.SEVERAL_PURCHASE_DAYS, gap)
