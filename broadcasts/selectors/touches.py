"""The touches of one customer, against the caps (触达额度)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcasts.models import Touch
from broadcasts.selectors.policy import house_terms

SHOWN_DAYS = 30


@dataclass(frozen=True)
class TouchBudget:
    """What one customer got in the last 30 days, and what the rules still allow.

    `next_from` is the first day the gap allows another message, None when that is today.
    """

    touches: list[Touch]
    used: int
    cap: int
    quota_used: int
    quota: int
    next_from: datetime | None


def touch_budget(contact_id: int, *, now: datetime) -> TouchBudget:
    """One query for the touches, one for the rules."""
    terms = house_terms()
    quota_since, month = terms.quota_since(now), terms.month_start(now)
    earliest = min(now - timedelta(days=SHOWN_DAYS), quota_since, month)
    touches = list(
        Touch.objects.filter(contact_id=contact_id, at__gte=earliest)
        .select_related("broadcast", "staff")
        .order_by("-at", "-pk")
    )
    private = [touch for touch in touches if touch.channel == Touch.Channel.PRIVATE]
    counted = [touch for touch in private if touch.touch_class != "service"]
    last = max((touch.at for touch in counted), default=None)
    next_from = terms.day_start(last, days_back=-terms.gap_days) if last else None
    return TouchBudget(
        touches=[touch for touch in touches if touch.at >= now - timedelta(days=SHOWN_DAYS)],
        used=sum(touch.at >= month for touch in counted),
        cap=terms.monthly_cap,
        quota_used=sum(touch.at >= quota_since for touch in private),
        quota=terms.quota_limit(now),
        next_from=next_from if next_from and next_from > now else None,
    )
