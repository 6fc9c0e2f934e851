"""Days of the business time zone (营业日)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def business_day(moment: datetime) -> date:
    """The day an aware moment falls on in the business time zone."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def start_of(day: date) -> datetime:
    """The first moment of a business day, aware."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def start_of_next(day: date) -> datetime:
    """The moment a business day is over, aware."""
    return start_of(day + timedelta(days=1))
