"""WeCom's daily figures of staff are read each morning, each staff member for herself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contacts.models import StaffDay, StaffDayReading
from contacts.services.staff_days import newest_day, read_staff_days
from scrm.segments.days import business_day
from tests.contacts import rows

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
EARLY = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # 9:00 in Shanghai
DAY = timedelta(days=1)
PATH = "externalcontact/get_user_behavior_data"


@pytest.fixture
def staff(corp):
    """Two who serve customers, one of whom was added by two customers yesterday."""
    corp.state.clock.set(NOON - DAY)
    members = {}
    for userid in ("alice", "bob"):
        corp.state.add_staff(userid, userid)
        members[userid] = rows.staff(userid=userid)
    for _ in range(2):
        corp.state.follow("alice", corp.state.add_contact())
    corp.state.clock.set(NOON)
    return corp, members


def read(now=NOON, *, steps=10_000):
    ticks = iter(range(steps + 100_000))
    return read_staff_days(
        clock=lambda: now + timedelta(milliseconds=next(ticks)),
        until=now + timedelta(milliseconds=steps),
    )


def test_each_staff_member_is_read_for_herself_and_once_a_morning(staff):
    corp, members = staff
    assert read() == 2
    yesterday = business_day(NOON - DAY)
    told = {row.staff.userid: row for row in StaffDay.objects.filter(day=yesterday)}
    assert (told["alice"].new_contacts, told["bob"].new_contacts) == (2, 0)
    assert told["bob"].reply_percentage is None
    assert StaffDay.objects.filter(staff=members["alice"]).count() > 150
    calls = corp.state.calls[PATH]
    assert read(NOON + timedelta(hours=1)) == 0
    assert corp.state.calls[PATH] == calls


def test_the_next_morning_asks_for_the_last_days_alone(staff):
    corp, _members = staff
    read()
    calls, known = corp.state.calls[PATH], StaffDay.objects.count()
    corp.state.clock.set(NOON + DAY)
    assert read(NOON + DAY) == 2
    # One each, and one more because the token of yesterday is refused.
    assert corp.state.calls[PATH] <= calls + 3
    assert StaffDay.objects.count() == known + 2


def test_before_the_morning_yesterday_is_not_asked_for(staff):
    assert newest_day(now=EARLY) == business_day(EARLY) - 2 * DAY
    assert newest_day(now=NOON) == business_day(NOON) - DAY


def test_one_who_is_refused_does_not_hold_up_the_others(staff):
    _corp, members = staff
    rows.staff(userid="unknown-to-wecom")
    assert read() == 3
    reading = StaffDayReading.objects.exclude(staff__in=members.values()).get()
    assert reading.error
    assert reading.read_to is None


def test_a_limit_ends_the_turn_and_the_next_goes_on(staff):
    corp, _members = staff
    corp.state.faults.add(path=PATH, kind="errcode", value=45009, count=1)
    assert read() == 0
    assert not StaffDayReading.objects.exists()
