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
    quota_since = terms.quota_since(now)
    due = [promise for promise in promises if promise.is_marketing]
    cap_used = day_used = class_used = total_used = quota_used = 0
    days, last_touch_at = set(), None
    last_deep_at = max((one.until for one in due if one.touch_class == "deep"), default=None)
    # One walk over few touches: a preview of other rules counts for a hundred thousand of them.
    for touch in past:
        if touch.at > now:
            continue
        is_private = touch.channel == PRIVATE
        quota_used += is_private and touch.at >= quota_since
        if touch.touch_class == "service":
            continue
        if is_private:
            last_touch_at = _later(last_touch_at, touch.at)
        if touch.touch_class == "deep":
            last_deep_at = _later(last_deep_at, touch.at)
        if touch.at >= month:
            total_used += 1
            cap_used += is_private
            class_used += touch.touch_class == terms.touch_class
            day_used += touch.channel == terms.channel and touch.day == today
            days.add(touch.day)
    return replace(
        person,
        cap_used=cap_used + len(due),
        day_used=day_used,
        class_used=class_used + sum(one.touch_class == terms.touch_class for one in due),
        total_used=total_used + len(due),
        touched_days=len(days) + len(due),
        quota_used=quota_used + len(promises),
        last_touch_at=last_touch_at,
        last_deep_at=last_deep_at,
        reserved_until=max((promise.until for promise in due), default=None),
    )


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one


def earliest(terms: Terms, now: datetime) -> datetime:
    """From when on touches matter to the rules."""
    return min(
        terms.month_start(now),
        terms.quota_since(now),
        terms.gap_since(now),
        terms.deep_gap_since(now),
        terms.white_since(now),
    )
