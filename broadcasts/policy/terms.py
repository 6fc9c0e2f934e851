"""The terms of one touch: the house rules as figures, and what kind of touch it is."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PRIVATE, GROUP, MOMENT = "private", "group", "moment"


@dataclass(frozen=True)
class Terms:
    """Figures the rules are built from; times of day and calendar periods are in `zone`.

    `touch_class` is light | deep | service; `channel` private | group | moment; `quota`
    days_in_month | 7_per_week | 1_per_day. A cap that is None does not hold. The lunch break holds
    on `lunch_channels` alone. `rest_weekdays` are 1 (Monday) to 7. `white_share` is the percentage
    of a month's days without any marketing. `topic` is the key of the topic (主题) a message is
    about. The hold-out of the broadcast and the standing one (全局对照组) are drawn with salts of
    their own.
    """

    zone: ZoneInfo
    touch_class: str = "light"
    channel: str = PRIVATE
    quiet_from: time = time(21, 30)
    quiet_until: time = time(8, 30)
    lunch_from: time = time(12, 30)
    lunch_until: time = time(14)
    lunch_channels: frozenset[str] = frozenset()
    rest_weekdays: frozenset[int] = frozenset()
    rest_dates: frozenset[date] = frozenset()
    monthly_cap: int = 4
    group_daily_cap: int | None = 1
    moment_daily_cap: int | None = 1
    light_cap: int | None = None
    deep_cap: int | None = 2
    total_cap: int | None = 30
    gap_days: int = 3
    deep_gap_days: int = 7
    white_days: int = 3
    white_share: int = 30
    quota: str = "days_in_month"
    nurture_days: int = 3
    topic: int | None = None
    standing_percent: int = 0
    standing_salt: str = ""
    holdout_percent: int = 0
    holdout_salt: str = ""

    def over(self, channel: str) -> Terms:
        """The same rules for a touch over another channel."""
        return replace(self, channel=channel)

    @property
    def keeps_lunch(self) -> bool:
        """Whether the lunch break (午休) holds on this channel."""
        return self.channel in self.lunch_channels and self.lunch_from < self.lunch_until

    @property
    def quiet_times(self) -> tuple[tuple[time, time], ...]:
        """The silences of every day as (from, until); the night may pass midnight."""
        night = (self.quiet_from, self.quiet_until)
        lunch = (self.lunch_from, self.lunch_until)
        nights = () if night[0] == night[1] else (night,)
        return (*nights, lunch) if self.keeps_lunch else nights

    @property
    def is_service(self) -> bool:
        """Owed to the customer: caps, gaps and hold-outs do not apply."""
        return self.touch_class == "service"

    @property
    def is_deep(self) -> bool:
        return self.touch_class == "deep"

    @property
    def class_cap(self) -> int | None:
        """Touches of this class a month, over all channels."""
        return self.deep_cap if self.is_deep else self.light_cap

    @property
    def daily_cap(self) -> int | None:
        """Touches a day on this channel; private messages have the gap instead."""
        return {GROUP: self.group_daily_cap, MOMENT: self.moment_daily_cap}.get(self.channel)

    def day_start(self, now: datetime, *, days_back: int = 0) -> datetime:
        """Local midnight of today, or of `days_back` days before."""
        day = now.astimezone(self.zone).date() - timedelta(days=days_back)
        return datetime.combine(day, time.min, self.zone)

    def month_start(self, now: datetime) -> datetime:
        return self.day_start(now).replace(day=1)

    def days_in_month(self, now: datetime) -> int:
        local = now.astimezone(self.zone)
        return monthrange(local.year, local.month)[1]

    def touch_days_allowed(self, now: datetime) -> int:
        """On how many days of this month a customer may hear from us (留白占比)."""
        return self.days_in_month(now) * (100 - self.white_share) // 100

    def quota_since(self, now: datetime) -> datetime:
        """When the running period of WeCom's quota began."""
        if self.quota == "1_per_day":
            return self.day_start(now)
        if self.quota == "7_per_week":
            return self.day_start(now, days_back=now.astimezone(self.zone).weekday())
        return self.month_start(now)

    def quota_limit(self, now: datetime) -> int:
        """How many broadcasts WeCom lets one customer get in that period (群发规则)."""
        return {"1_per_day": 1, "7_per_week": 7}.get(self.quota) or self.days_in_month(now)

    def gap_since(self, now: datetime) -> datetime:
        """A touch at or after this instant is too recent for another one now.

        Calendar days count: after Monday, a gap of three days allows Thursday, at any hour.
        """
        return self.day_start(now, days_back=self.gap_days - 1)

    def deep_gap_since(self, now: datetime) -> datetime:
        """The same between two deep touches."""
        return self.day_start(now, days_back=self.deep_gap_days - 1)

    def white_since(self, now: datetime) -> datetime:
        """A deep touch at or after this instant asks for silence now (留白).

        Whole days: after a deep touch on Monday, three days of white space allow Friday.
        """
        return self.day_start(now, days_back=self.white_days)

    @property
    def conflict_days(self) -> int:
        """Over how many calendar days an open promise forbids another touch (冲突群发).

        A deep touch may not overtake one that is still on its way either: that would arrive in
        the white space after it.
        """
        overtaking = 1 if self.is_deep and self.white_days else 0
        return max(self.gap_days, overtaking)

    def conflict_since(self, now: datetime) -> datetime:
        """A promise that ends at or after this instant forbids another touch now."""
        return self.day_start(now, days_back=self.conflict_days - 1)
