"""What is known of each broadcast's effect, from the figures that were measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet

from analytics.metrics.moments import Moments
from analytics.metrics.ratios import ratio
from analytics.metrics.uplift import Uplift, uplift
from analytics.models import BroadcastCost, BroadcastEffect
from broadcasts.models import Broadcast
from broadcasts.models.broadcast import FINAL
from broadcasts.selectors.progress import visible_broadcasts
from scrm.console.models import Operator


@dataclass(frozen=True)
class Return:
    """What came back for what was paid (ROI): (revenue added × margin − cost) ÷ cost.

    With `is_attributed` there was no hold-out: the revenue is what customers ordered after the
    message, of which some would have come anyway. `low` and `high` bound the rest.
    """

    cost_fen: int
    margin: float
    gain_fen: float
    roi: float | None
    low: float | None = None
    high: float | None = None
    is_attributed: bool = False


class Cost(Protocol):
    """Money that was spent, and what is left of revenue after the goods."""

    @property
    def amount_fen(self) -> int: ...

    @property
    def margin_percent(self) -> float: ...


@dataclass(frozen=True)
class Row:
    """One broadcast of the list; everything None until it was measured."""

    broadcast: Broadcast
    effect: BroadcastEffect | None
    revenue: Uplift | None
    orders: Uplift | None
    back: Return | None


def finished_broadcasts(operator: Operator) -> QuerySet[Broadcast]:
    """Those this operator sees that reached staff and are over, but for the steps of journeys."""
    return (
        visible_broadcasts(operator)
        .filter(state__in=FINAL, frozen_at__isnull=False)
        .exclude(origin=Broadcast.Origin.JOURNEY)
        .select_related("effect", "cost")
        .defer("effect__windows")
    )


def row_of(broadcast: Broadcast) -> Row:
    """From what `finished_broadcasts` has read."""
    effect: BroadcastEffect | None = getattr(broadcast, "effect", None)
    if effect is None:
        return Row(broadcast, None, None, None, None)
    revenue, orders = (_uplift(effect.arms, outcome) for outcome in ("revenue", "orders"))
    cost: BroadcastCost | None = getattr(broadcast, "cost", None)
    return Row(
        broadcast,
        effect,
        revenue,
        orders,
        back_of(cost, revenue, people=effect.customers, net_fen=effect.net_fen),
    )


def back_of(cost: Cost | None, revenue: Uplift, *, people: int, net_fen: int) -> Return | None:
    """None without a cost."""
    if cost is None:
        return None
    margin = cost.margin_percent / 100
    added = revenue.total(people)
    if added is None:
        gain = net_fen * margin
        return Return(
            cost.amount_fen,
            margin,
            gain,
            ratio(gain - cost.amount_fen, cost.amount_fen),
            is_attributed=True,
        )
    roi, low, high = ((fen * margin - cost.amount_fen) / cost.amount_fen for fen in added)
    return Return(cost.amount_fen, margin, added[0] * margin, roi, low, high)


def _uplift(arms: dict[str, Any], outcome: str) -> Uplift:
    return uplift(Moments(**arms["treated"][outcome]), Moments(**arms["held"][outcome]))
