"""Scheduled reports for tests."""

from __future__ import annotations

from datetime import time

from analytics.services.report_plans import Wanted, create_report
from contacts.models import Staff
from tests.analytics.building import NOW

LIFECYCLE, REVENUE = "analytics-download/lifecycle", "analytics-download/revenue"
CHANNELS = "channel-value-download/channel-segments"


def wanted(**overrides):
    """Last week's stages and revenue, to Alice every day at 12:30 local time."""
    return Wanted(
        **{
            "name": "Morning figures",
            "contents": [LIFECYCLE, REVENUE],
            "covers": "last_week",
            "every": "day",
            "time": time(12, 30),
            "channel": "wecom",
            "userids": ["alice"],
            **overrides,
        }
    )


def alice(corp=None):
    if corp is not None:
        corp.state.add_staff("alice")
    return Staff.objects.get_or_create(userid="alice", defaults={"name": "Alice", "status": 1})[0]


def report(operator, *, now=NOW, **overrides):
    return create_report(wanted=wanted(**overrides), operator=operator, now=now)
