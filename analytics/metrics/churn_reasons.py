"""Why a customer may be leaving, in signs an operator can check and act on, with her own numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

# Half as long again as usual is more than the scatter of most customers' own gaps.
OVERDUE = 1.5
# Looked at: messages of a month, refunds, groups and complaints of a quarter.
TOUCH_DAYS, RECENT_DAYS = 30, 90
# Months of spending that are compared with as many before them.
SPENDING_MONTHS = 6
# So many messages without an answer are silence, so many more are pressure.
UNANSWERED, PRESSED = 2, 4
# Of what was paid lately, and of what was spent before.
_REFUNDED_SHARE, _SPENDING_SHARE = 0.3, 0.5


class Reason(Enum):
    """One sign of churn; the first that apply come first."""

    UNFRIENDED = "unfriended"
    STAFF_LEFT = "staff_left"
    COMPLAINED = "complained"
    PRESSED = "pressed"
    REFUNDED = "refunded"
    SILENT = "silent"
    OVERDUE = "overdue"
    SPENDING_LESS = "spending_less"
    UNANSWERED = "unanswered"
    LEFT_GROUPS = "left_groups"
    ONE_TIME = "one_time"


@dataclass(frozen=True)
class Signs:
    """What is known about one customer today; `usual_gap_days` is None for one-time buyers.

    `touches` are marketing messages of the last 30 days, answered when a click or an order fell
    into them; `paid_fen`, `refunded_fen`, `complaints` and `groups_left` are of the last 90 days;
    `spent_fen` of the last six calendar months, the running one included, `spent_before_fen` of
    the six before.
    """

    gap_days: int
    usual_gap_days: float | None
    purchase_days: int
    silent_after_days: int
    is_friend: bool
    has_staff: bool = True
    complaints: int = 0
    touches: int = 0
    is_answered: bool = True
    paid_fen: int = 0
    refunded_fen: int = 0
    spent_fen: int = 0
    spent_before_fen: int = 0
    groups_left: int = 0

    @property
    def is_pressed(self) -> bool:
        """Whether we wrote too much: she answered none of many messages (触达压力)."""
        return self.touches >= PRESSED and not self.is_answered


@dataclass(frozen=True)
class Found:
    """A reason that applies, with the numbers its words are made of: days, fen, counts."""

    reason: Reason
    numbers: Mapping[str, int] = field(default_factory=dict)


def reasons(signs: Signs) -> tuple[Found, ...]:
    """The signs that apply, the heaviest first; empty when nothing speaks for churn."""
    gap, usual = {"gap": signs.gap_days}, signs.usual_gap_days
    messages = {"touches": signs.touches, "days": TOUCH_DAYS}
    is_unanswered = signs.touches >= UNANSWERED and not signs.is_answered
    applies: dict[Reason, tuple[bool, dict[str, int]]] = {
        Reason.UNFRIENDED: (not signs.is_friend, {}),
        Reason.STAFF_LEFT: (signs.is_friend and not signs.has_staff, {}),
        Reason.COMPLAINED: (
            signs.complaints > 0,
            {"complaints": signs.complaints, "days": RECENT_DAYS},
        ),
        Reason.PRESSED: (signs.is_pressed, messages),
        Reason.REFUNDED: (
            signs.refunded_fen > 0 and signs.refunded_fen >= _REFUNDED_SHARE * signs.paid_fen,
            {"refunded": signs.refunded_fen, "paid": signs.paid_fen, "days": RECENT_DAYS},
        ),
        Reason.SILENT: (
            signs.gap_days > signs.silent_after_days,
            {**gap, "limit": signs.silent_after_days},
        ),
        Reason.OVERDUE: (
            usual is not None and signs.gap_days > OVERDUE * usual,
            {**gap, "usual": round(usual or 0)},
        ),
        Reason.SPENDING_LESS: (
            signs.spent_before_fen > 0
            and signs.spent_fen < _SPENDING_SHARE * signs.spent_before_fen,
            {
                "spent": signs.spent_fen,
                "before": signs.spent_before_fen,
                "months": SPENDING_MONTHS,
            },
        ),
        Reason.UNANSWERED: (is_unanswered and not signs.is_pressed, messages),
        Reason.LEFT_GROUPS: (
            signs.groups_left > 0,
            {"groups": signs.groups_left, "days": RECENT_DAYS},
        ),
        Reason.ONE_TIME: (signs.purchase_days == 1, {}),
    }
    return tuple(Found(reason, numbers) for reason, (holds, numbers) in applies.items() if holds)
