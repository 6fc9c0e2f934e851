"""The terms of one touch: the house rules as figures, and what kind of touch it is."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Terms:
    """Figures the rules are built from; times of day and calendar periods are in `zone`.

    `touch_class` is light | deep | service; `quota` is days_in_month | 7_per_week | 1_per_day.
    """

    zone: ZoneInfo
    touch_class: str = "light"
    quiet_from: time = time(21, 30)
    quiet_until: time = time(8, 30)
    monthly_cap: int = 4
    gap_days: int = 3
    quota: str = "days_in_month"
    nurture_days: int = 3
    holdout_percent: int = 0
    holdout_salt: str = ""

    @property
    def is_service(self) -> bool:
        """Owed to the customer: caps, gaps and hold-outs do not apply."""
        return self.touch_class == "service"

    def day_start(self, now: datetime, *, days_back: int = 0) -> datetime:
        """Local midnight of today, or of `days_back` days before."""
        day = now.astimezone(self.zone).date() - timedelta(days=days_back)
        return datetime.combine(day, time.min, self.zone)

    def month_start(self, now: datetime) -> datetime:
        return self.day_start(now).replace(day=1)

    def quota_since(self, now: datetime) -> datetime:
        """When the running period of WeCom's quota began."""
        if self.quota == "1_per_day":
            return self.day_start(now)
        if self.quota == "7_per_week":
            return self.day_start(now, days_back=now.astimezone(self.zone).weekday())
        return self.month_start(now)

    def quota_limit(self, now: datetime) -> int:
        """How many broadcasts WeCom lets one customer get in that period (群发规则)."""
        if self.quota == "1_per_day":
            return 1
        if self.quota == "7_per_week":
            return 7
        local = now.astimezone(self.zone)
        return monthrange(local.year, local.month)[1]

    def gap_since(self, now: datetime) -> datetime:
        """A touch at or after this instant is too recent for another one now.

        Calendar days count: after Monday, a gap of three days allows Thursday, at any hour.
        """
        return self.day_start(now, days_back=self.gap_days - 1)
