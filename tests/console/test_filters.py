"""How pages write numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from scrm.console.templatetags import console

START = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.04, "0.0 秒"), (0.56, "0.6 秒"), (85, "0:01:25"), (3700, "1:01:40")]
)
def test_what_took_under_a_minute_is_told_in_seconds(seconds, told):
    assert console.lasted(START, START + timedelta(seconds=seconds)) == told


def test_the_last_minute_is_just_now():
    assert console.ago(timezone.now() - timedelta(seconds=20)) == "刚刚"
    assert console.ago(timezone.now() - timedelta(minutes=3, seconds=5)) == "3\xa0分钟前"
