"""Recurring broadcasts: one for each time, however many heartbeats there are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connections

from broadcasts.models import Broadcast, BroadcastPlan, IllegalMove
from broadcasts.policy.recurrence import Rhythm, due_until, next_after
from broadcasts.services import compose, plans
from contacts.models import Segment
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW, SHANGHAI

DAILY = Rhythm(zone=SHANGHAI, every="day", opens=time(10), closes=time(20))


def shanghai(*moment):
    return datetime(*moment, tzinfo=SHANGHAI)


def made(**overrides):
    operator = overrides.pop("operator", None) or build.operator()
    rhythm = overrides.pop("rhythm", DAILY)
    draft = compose.create_draft(draft=rows.draft(**overrides), operator=operator, now=NOW)
    return plans.create_plan(broadcast=draft, rhythm=rhythm, operator=operator, now=NOW)


def fired():
    return list(
        Broadcast.objects.filter(origin="plan")
        .order_by("fire_at")
        .values_list("fire_at", flat=True)
    )


@pytest.mark.parametrize(
    ("rhythm", "after", "due"),
    [
        ({"every": "day"}, (2026, 3, 10, 9), (2026, 3, 10, 10)),
        ({"every": "day"}, (2026, 3, 10, 10), (2026, 3, 11, 10)),
        ({"every": "week", "weekdays": frozenset({1, 5})}, (2026, 3, 10, 9), (2026, 3, 13, 10)),
        ({"every": "month", "day": 31}, (2026, 2, 3, 9), (2026, 2, 28, 10)),
        ({"every": "month", "day": 31}, (2026, 2, 28, 10), (2026, 3, 31, 10)),
        ({"every": "month", "day": 29}, (2028, 2, 1, 9), (2028, 2, 29, 10)),
    ],
)
def test_the_next_time_follows_from_the_rhythm(rhythm, after, due):
    repeated = Rhythm(zone=SHANGHAI, opens=time(10), closes=time(20), **rhythm)
    assert next_after(repeated, shanghai(*after)) == shanghai(*due)


def test_every_time_between_two_moments_is_named_once():
    weekly = Rhythm(
        zone=ZoneInfo("Asia/Shanghai"),
        every="week",
        opens=time(10),
        closes=time(20),
        weekdays=frozenset({2, 4}),
    )
    times = due_until(weekly, shanghai(2026, 3, 10, 10), shanghai(2026, 3, 19, 10))
    assert [moment.day for moment in times] == [10, 12, 17, 19]


@pytest.mark.django_db(transaction=True)
def test_ten_heartbeats_at_once_make_one_broadcast():
    plan = made()
    now = plan.next_at + timedelta(minutes=1)

    def beat(_number):
        try:
            return plans.fire_due(now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(beat, range(10))) == 1
    assert fired() == [plan.next_at]
    plan.refresh_from_db()
    assert plan.next_at == fired()[0] + timedelta(days=1)


@pytest.mark.django_db
def test_a_broadcast_says_what_the_plan_says_with_the_segment_of_its_day():
    plan = made(
        variants=[
            {"letter": letter, "share": 50, "text": letter, "attachments": []} for letter in "AB"
        ],
        priority=2,
    )
    Segment.objects.filter(pk=plan.segment_id).update(version=7)
    plans.fire_due(now=plan.next_at)
    spring = Broadcast.objects.get(origin="plan")
    assert (spring.state, spring.segment_version, spring.priority) == ("scheduled", 7, 2)
    assert (spring.window_start, spring.window_end) == (
        plan.next_at,
        plan.next_at + timedelta(hours=10),
    )
    assert [part["text"] for part in compose.variants_of(spring)] == ["A", "B"]


@pytest.mark.django_db
def test_after_a_standstill_only_the_newest_is_made_and_the_others_are_noted():
    plan = made()
    first = plan.next_at
    plans.fire_due(now=first + timedelta(days=3, hours=1))
    assert fired() == [first + timedelta(days=3)]
    missed = AuditEntry.objects.get(action="broadcast_plan.missed")
    assert missed.details["count"] == 3
    plans.fire_due(now=first + timedelta(days=4, hours=11))
    assert len(fired()) == 1, "its window has closed"
    plan.refresh_from_db()
    assert plan.next_at == first + timedelta(days=5)


@pytest.mark.django_db
def test_a_plan_set_back_makes_nothing_twice():
    plan = made()
    plans.fire_due(now=plan.next_at)
    BroadcastPlan.objects.update(next_at=plan.next_at)
    plans.fire_due(now=plan.next_at + timedelta(minutes=1))
    assert len(fired()) == 1


@pytest.mark.django_db
def test_switched_off_it_makes_nothing_and_on_again_it_goes_on_from_its_next_time():
    plan, operator = made(), build.operator()
    first = plan.next_at
    plans.switch_plan(plan=plan, is_active=False, operator=operator, now=NOW)
    plans.fire_due(now=first)
    assert not fired()
    with pytest.raises(IllegalMove):
        plans.switch_plan(plan=plan, is_active=False, operator=operator, now=NOW)
    plans.switch_plan(plan=plan, is_active=True, operator=operator, now=first + timedelta(hours=1))
    plan.refresh_from_db()
    assert plan.next_at == first + timedelta(days=1)


@pytest.mark.django_db
def test_what_a_role_without_the_right_repeats_waits_for_approval_each_time():
    lead = build.operator(role=Role.LEAD)
    plan = made(operator=lead)
    plans.fire_due(now=plan.next_at)
    spring = Broadcast.objects.get(origin="plan")
    assert (spring.state, spring.submitted_by) == ("review", lead)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rhythm", "field"),
    [
        ({"every": "year"}, "every"),
        ({"every": "week"}, "weekdays"),
        ({"every": "month"}, "day"),
        ({"every": "day", "closes": time(22)}, "window_start"),
        ({"every": "day", "closes": time(9)}, "window_end"),
    ],
)
def test_a_rhythm_that_does_not_fit_is_refused(rhythm, field):
    with pytest.raises(InvalidInput) as refused:
        made(rhythm=Rhythm(**{"zone": SHANGHAI, "opens": time(10), "closes": time(20), **rhythm}))
    assert refused.value.field == field
