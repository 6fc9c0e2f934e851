"""Shops that send their orders themselves (订单来源), and what became of what they sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from contacts.models import OrderDelivery, OrderSource
from scrm.privacy import mask_phones

State = OrderDelivery.State
_MOST_SHOWN = 20_000


@dataclass(frozen=True)
class SourceFigures:
    """How many of the messages kept are in which state, and when the last came."""

    done: int
    partly: int
    waiting: int
    failed: int
    last_at: datetime | None

    @property
    def refused(self) -> int:
        return self.partly + self.failed


def order_sources() -> QuerySet[OrderSource]:
    """All of them, by name."""
    return OrderSource.objects.select_related("created_by")


def figures_of(source: OrderSource) -> SourceFigures:
    """One query."""
    counted = source.deliveries.aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in State},
        last_at=Max("received_at"),
    )
    return SourceFigures(**counted)


def deliveries_of(source: OrderSource, *, state: str = "") -> QuerySet[OrderDelivery]:
    """Its messages, unordered."""
    found = source.deliveries.all()
    return found.filter(state=state) if state in State.values else found


def shown_body(delivery: OrderDelivery) -> str:
    """What was sent, indented, phone numbers masked."""
    told: Any = json.loads(delivery.body)
    text = json.dumps(told, ensure_ascii=False, indent=1)
    return mask_phones(text)[:_MOST_SHOWN]
