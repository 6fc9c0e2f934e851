"""When staff are reminded by itself of a task they have not confirmed (自动提醒)."""

from __future__ import annotations

from datetime import datetime, timedelta

OFF, GENTLE, FIRM = "off", "gentle", "firm"
PLANS = (OFF, GENTLE, FIRM)

# WeCom: at most three reminders of one task in 24 hours (41094).
MOST = 3
WITHIN = timedelta(hours=24)
# A reminder sooner than this after the task, or after another reminder, is noise.
APART = timedelta(minutes=30)

_AFTER = {GENTLE: timedelta(hours=3), FIRM: timedelta(hours=1)}
_BEFORE_CLOSE = timedelta(hours=1)


def moments(plan: str, *, handed_at: datetime, closes_at: datetime) -> list[datetime]:
    """When to remind of tasks that staff have since `handed_at` and may send until `closes_at`.

    Gentle: once, three hours after the hand-over. Firm: one hour after it, and again an hour
    before the window closes. A short window leaves out what would come too soon or too late.
    """
    if plan not in _AFTER:
        return []
    wanted = [handed_at + _AFTER[plan]]
    if plan == FIRM:
        wanted.append(closes_at - _BEFORE_CLOSE)
    found: list[datetime] = []
    earliest = handed_at + APART
    for at in wanted:
        if earliest <= at <= closes_at - APART:
            found.append(at)
            earliest = at + APART
    return found


def recent(reminded: list[datetime], now: datetime) -> list[datetime]:
    """Those of the last 24 hours, which WeCom counts."""
    return [at for at in reminded if at > now - WITHIN]
