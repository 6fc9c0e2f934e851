"""What one customer has heard and was promised, counted as the rules ask (触达压力)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from broadcasts.policy.decision import Facts
from broadcasts.policy.terms import PRIVATE, Terms


@dataclass(frozen=True)
class Past:
    """A touch that arrived; `day` is its local date."""

    at: datetime
    day: date
    channel: str = PRIVATE
    touch_class: str = "light"

    @property
    def is_marketing(self) -> bool:
        return self.touch_class != "service"

    @property
    def is_private(self) -> bool:
        return self.channel == PRIVATE


@dataclass(frozen=True)
class Promise:
    """A place in a private broadcast that is under way; it may arrive until `until`."""

    until: datetime
    touch_class: str = "light"

    @property
    def is_marketing(self) -> bool:
        return self.touch_class != "service"


def counted(
    person: Facts,
    past: Sequence[Past],
    promises: Sequence[Promise],
    terms: Terms,
    now: datetime,
) -> Facts:
    """`person` with her counts as of `now`, for a touch by these terms.

    `past` reaches back as far as `earliest(terms, now)`; what lies after `now` is left out.
    """
    month, today = terms.month_start(now), now.astimezone(terms.zone).date()
    heard = [touch for touch in past if touch.at <= now]
    marketing = [touch for touch in heard if touch.is_marketing]
    in_month = [touch for touch in marketing if touch.at >= month]
    due = [promise for promise in promises if promise.is_marketing]
    quota_since = terms.quota_since(now)
    return replace(
        person,
        cap_used=sum(touch.is_private for touch in in_month) + len(due),
        day_used=sum(t.channel == terms.channel and t.day == today for t in in_month),
        class_used=sum(touch.touch_class == terms.touch_class for touch in in_month)
        + sum(promise.touch_class == terms.touch_class for promise in due),
        total_used=len(in_month) + len(due),
        touched_days=len({touch.day for touch in in_month}) + len(due),
        quota_used=sum(t.is_private and t.at >= quota_since for t in heard) + len(promises),
        last_touch_at=max((t.at for t in marketing if t.is_private), default=None),
        last_deep_at=max(
            (
                *(touch.at for touch in marketing if touch.touch_class == "deep"),
                *(promise.until for promise in due if promise.touch_class == "deep"),
            ),
            default=None,
        ),
        reserved_until=max((promise.until for promise in due), default=None),
    )


def earliest(terms: Terms, now: datetime) -> datetime:
    """From when on touches matter to the rules."""
    return min(
        terms.month_start(now),
        terms.quota_since(now),
        terms.gap_since(now),
        terms.deep_gap_since(now),
        terms.white_since(now),
    )
