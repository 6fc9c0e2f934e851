"""The one thing to do about a customer who may be leaving (建议动作).

A table of rules, the first that holds decides; each is the cheapest act that answers the reason.
A coupon costs money on everybody who would have come anyway, so it is kept for those who had a
habit, are silent beyond what most return from, and have something to lose.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from analytics.metrics.churn_reasons import Reason, Signs, reasons

# A habit is at least so many purchase days; below so much at stake no coupon is worth its cost.
_HABIT_DAYS = 3
_COUPON_LOSS_FEN = 10_000


class Action(StrEnum):
    HAND_OVER = "hand_over"
    REST = "rest"
    FEEDBACK = "feedback"
    COUPON = "coupon"
    MESSAGE = "message"


# Of what is known, the reasons that apply, and the expected loss in fen.
Holds: TypeAlias = Callable[[Signs, frozenset[Reason], int], bool]


def _has(*wanted: Reason) -> Holds:
    return lambda _signs, found, _loss: not found.isdisjoint(wanted)


def _is_worth_a_coupon(signs: Signs, _found: frozenset[Reason], loss_fen: int) -> bool:
    return (
        signs.gap_days > signs.silent_after_days
        and signs.purchase_days >= _HABIT_DAYS
        and loss_fen >= _COUPON_LOSS_FEN
    )


RULES: tuple[tuple[Action, Holds], ...] = (
    (Action.HAND_OVER, _has(Reason.STAFF_LEFT)),
    (Action.REST, _has(Reason.PRESSED)),
    (Action.FEEDBACK, _has(Reason.COMPLAINED, Reason.REFUNDED)),
    (Action.COUPON, _is_worth_a_coupon),
    (Action.MESSAGE, lambda _signs, _found, _loss: True),
)


def action_for(signs: Signs, *, loss_fen: int) -> Action:
    """The action of the first rule that holds; the last one always does."""
    found = frozenset(one.reason for one in reasons(signs))
    return next(action for action, holds in RULES if holds(signs, found, loss_fen))
