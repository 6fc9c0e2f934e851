"""Would the alerts have named the right customers? (预警回测)

At a past day, with what was known then, the best of each staff member are chosen by our score, by
a simple rule, and at random, each time as many. Who left within the window tells how many of the
chosen were right (precision), and how many of all who left were among them (recall at the budget).
Money is what a customer had spent in the year before, so it needs no model: the share of the money
of all who left that was among the chosen. Random choice is worked out, not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from analytics.metrics.arrays import Flags, Floats, Whole
from analytics.metrics.churn_alerts import top_per_staff
from analytics.metrics.proportions import Share, difference, share_of
from analytics.metrics.ratios import ratio

DECILES = 10
# Fewer alerts or leavers than these decide nothing.
_LEAST_CHOSEN, _LEAST_LEFT = 50, 20


@dataclass(frozen=True)
class Past:
    """The customers who could have been alerted on a past day, one entry each.

    `score` is ours and `simple` that of the simple rule, `may` marks whom our rule allows,
    `stated` is the chance of leaving that the model gave, `money` fen spent in the year before,
    `left` whether she left within the window.
    """

    staff: Whole
    score: Floats
    simple: Floats
    may: Flags
    stated: Floats
    money: Floats
    left: Flags


@dataclass(frozen=True)
class Caught:
    """What one way of choosing came to; of random choice `hits` and `money` are expected values."""

    chosen: int = 0
    hits: float = 0.0
    money: float = 0.0

    @property
    def rate(self) -> float | None:
        return ratio(self.hits, self.chosen)

    @property
    def precision(self) -> Share:
        """The share of the chosen who left, with its interval; not for random choice."""
        return share_of(round(self.hits), self.chosen)

    def __add__(self, other: Caught) -> Caught:
        return Caught(self.chosen + other.chosen, self.hits + other.hits, self.money + other.money)


@dataclass(frozen=True)
class Decile:
    """A tenth of the customers by stated chance: how many, Σ of the chances, how many left."""

    customers: int = 0
    stated: float = 0.0
    left: int = 0

    @property
    def mean_stated(self) -> float | None:
        return ratio(self.stated, self.customers)

    @property
    def actual(self) -> Share:
        return share_of(self.left, self.customers)

    def __add__(self, other: Decile) -> Decile:
        return Decile(
            self.customers + other.customers, self.stated + other.stated, self.left + other.left
        )


@dataclass(frozen=True)
class Tested:
    """One past day, or several together; `left` and `money` are of all who left."""

    customers: int = 0
    left: int = 0
    money: float = 0.0
    ours: Caught = Caught()
    simple: Caught = Caught()
    random: Caught = Caught()
    deciles: tuple[Decile, ...] = (Decile(),) * DECILES

    @property
    def base(self) -> Share:
        """How many leave anyway."""
        return share_of(self.left, self.customers)

    def recall(self, caught: Caught) -> Share:
        """The share of all who left that was among the chosen; not for random choice."""
        return share_of(round(caught.hits), self.left)

    def recall_rate(self, caught: Caught) -> float | None:
        return ratio(caught.hits, self.left)

    def money_share(self, caught: Caught) -> float | None:
        return ratio(caught.money, self.money)

    def lift(self, caught: Caught) -> float | None:
        """Precision ÷ that of choosing at random; None without anybody chosen or right."""
        return ratio(caught.hits, self.random.hits)

    def __add__(self, other: Tested) -> Tested:
        return Tested(
            self.customers + other.customers,
            self.left + other.left,
            self.money + other.money,
            self.ours + other.ours,
            self.simple + other.simple,
            self.random + other.random,
            tuple(one + two for one, two in zip(self.deciles, other.deciles, strict=True)),
        )


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    BETTER = "better"
    NO_BETTER = "no_better"
    WORSE = "worse"


@dataclass(frozen=True)
class Judged:
    """Ours against the simple rule: in precision, and on how many days we caught more money."""

    precision: Verdict
    gap: tuple[float, float, float] | None
    days: int
    days_with_more_money: int

    @property
    def catches_more_money(self) -> bool:
        return 2 * self.days_with_more_money > self.days


def evaluate(past: Past, budget: int) -> Tested:
    """Choose at most `budget` per staff member in each way, and compare with what happened."""
    ours = np.zeros(len(past.staff), dtype=np.bool_)
    allowed = np.flatnonzero(past.may)
    ours[allowed[top_per_staff(past.staff[allowed], past.score[allowed], budget)]] = True
    _, member = np.unique(past.staff, return_inverse=True)
    quota = np.bincount(member, weights=ours)[member].astype(np.int64)
    simple = top_per_staff(past.staff, past.simple, quota)
    chance = quota / np.bincount(member)[member] if len(member) else quota.astype(np.float64)
    return Tested(
        customers=len(past.staff),
        left=int(np.count_nonzero(past.left)),
        money=float(past.money[past.left].sum()),
        ours=_caught(past, ours.astype(np.float64)),
        simple=_caught(past, simple.astype(np.float64)),
        random=_caught(past, chance),
        deciles=_deciles(past),
    )


def pooled(days: Sequence[Tested]) -> Tested:
    """Several past days together."""
    return sum(days, start=Tested())


def judge(days: Sequence[Tested]) -> Judged:
    """What may be said after these days; the intervals of the two precisions are not paired,
    which makes "better" and "worse" rather too rare than too frequent.
    """
    whole = pooled(days)
    gap = difference(whole.ours.precision, whole.simple.precision)
    verdict = Verdict.NO_BETTER
    if gap is None or whole.ours.chosen < _LEAST_CHOSEN or whole.left < _LEAST_LEFT:
        verdict = Verdict.TOO_FEW
    elif gap[1] > 0:
        verdict = Verdict.BETTER
    elif gap[2] < 0:
        verdict = Verdict.WORSE
    wins = sum(day.ours.money > day.simple.money for day in days)
    return Judged(verdict, gap, len(days), wins)


def from_json(kept: dict[str, Any]) -> Tested:
    """The inverse of `dataclasses.asdict`."""
    ways = {name: Caught(**kept[name]) for name in ("ours", "simple", "random")}
    deciles = tuple(Decile(**decile) for decile in kept["deciles"])
    return Tested(**{**kept, **ways, "deciles": deciles})


def _caught(past: Past, weight: Floats) -> Caught:
    right = weight * past.left
    return Caught(
        chosen=round(float(weight.sum())),
        hits=float(right.sum()),
        money=float((right * past.money).sum()),
    )


def _deciles(past: Past) -> tuple[Decile, ...]:
    order = np.argsort(past.stated, kind="stable")
    return tuple(
        Decile(len(part), float(past.stated[part].sum()), int(past.left[part].sum()))
        for part in np.array_split(order, DECILES)
    )
