"""Why a customer may be leaving, in signs an operator can check and act on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# Half as long again as usual is more than the scatter of most customers' own gaps.
OVERDUE = 1.5


class Reason(Enum):
    """One sign of churn; the first that apply come first."""

    UNFRIENDED = "unfriended"
    SILENT = "silent"
    OVERDUE = "overdue"
    ONE_TIME = "one_time"


@dataclass(frozen=True)
class Signs:
    """What is known about one customer today; `usual_gap_days` is None for one-time buyers."""

    gap_days: int
    usual_gap_days: float | None
    purchase_days: int
    silent_after_days: int
    is_friend: bool


def reasons(signs: Signs) -> tuple[Reason, ...]:
    """The signs that apply, the heaviest first; empty when nothing speaks for churn."""
    applies = {
        Reason.UNFRIENDED: not signs.is_friend,
        Reason.SILENT: signs.gap_days > signs.silent_after_days,
        Reason.OVERDUE: signs.usual_gap_days is not None
        and signs.gap_days > OVERDUE * signs.usual_gap_days,
        Reason.ONE_TIME: signs.purchase_days == 1,
    }
    return tuple(reason for reason, holds in applies.items() if holds)
