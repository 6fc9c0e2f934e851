"""What became of the tasks: polling, the ledger of touches, the end of a broadcast."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from broadcasts.models import Batch, Broadcast, PolicySettings, Recipient, Touch
from broadcasts.selectors.progress import progress
from broadcasts.selectors.recipients import recipients
from broadcasts.services import control, results, tick
from broadcasts.services.audience import freeze
from broadcasts.services.control import NobodyToRemind, RemindersSpent
from broadcasts.services.pace import for_a_while
from broadcasts.services.reminders import remind_due
from broadcasts.services.windows import close_due, open_due, settle
from scrm.audit.models import AuditEntry
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def spring(corp):
    """A broadcast of two staff members with three customers each, handed over."""
    rows.crew(corp, 2)
    broadcast = rows.frozen()
    rows.deliver_all()
    settle(now=NOW)
    broadcast.refresh_from_db()
    return broadcast


def later(**span):
    return NOW + timedelta(**span)


def poll(broadcast, *, now):
    Batch.objects.filter(broadcast=broadcast, is_final=False).update(next_poll_at=now)
    results.poll_due(now=now)
    settle(now=now)
    broadcast.refresh_from_db()


def test_before_staff_confirm_nobody_is_touched(corp, spring):
    poll(spring, now=later(minutes=1))
    assert spring.state == "waiting"
    assert not Touch.objects.exists()


def test_each_confirmation_becomes_touches_with_the_time_of_sending(corp, spring):
    first = Batch.objects.order_by("pk").first()
    corp.state.clock.set(later(minutes=5))
    corp.state.confirm(first.msgid)
    poll(spring, now=later(minutes=6))
    touches = Touch.objects.all()
    assert {touch.contact_id for touch in touches} == set(
        Recipient.objects.filter(batch=first).values_list("contact_id", flat=True)
    )
    assert {(t.at, t.staff_id, t.channel, t.touch_class, t.broadcast_id) for t in touches} == {
        (later(minutes=5), first.staff_id, "private", "light", spring.pk)
    }
    first.refresh_from_db()
    assert (first.sent_count, first.is_final, first.confirmed_at) == (3, True, later(minutes=5))
    assert spring.state == "waiting"
    seen = progress(spring)
    assert (seen.sent, seen.confirmed, seen.tasks, seen.open) == (3, 1, 2, 3)


def test_results_told_twice_count_once(corp, spring):
    corp.state.confirm()
    poll(spring, now=later(minutes=1))
    Batch.objects.update(is_final=False, next_poll_at=NOW)
    poll(spring, now=later(minutes=2))
    assert Touch.objects.count() == 6
    assert progress(spring).sent == 6


def test_failures_are_told_apart(corp, spring):
    gone, full = Recipient.objects.order_by("contact_id")[:2]
    corp.state.unfollow_by_contact(gone.staff.userid, gone.external_userid)
    corp.state.received[full.external_userid] += [int(NOW.timestamp())] * 31
    corp.state.confirm()
    poll(spring, now=later(minutes=1))
    assert spring.state == "finished"
    assert {part.code: part.count for part in progress(spring).failed} == {
        "not_friend": 1,
        "quota": 1,
    }
    assert [row.contact_id for row in recipients(spring, result="quota")] == [full.contact_id]
    assert recipients(spring, result="sent").count() == 4


def test_a_page_of_results_is_one_statement_each(corp, spring):
    corp.state.confirm()
    Batch.objects.update(next_poll_at=NOW)
    with CaptureQueriesContext(connection) as asked:
        results.poll_due(now=later(minutes=1))
    assert sum("INSERT INTO broadcasts_touch" in query["sql"] for query in asked) == 2


def test_a_call_that_fails_is_made_again_later(corp, spring):
    corp.state.confirm()
    corp.state.faults.add("externalcontact/get_groupmsg_send_result", "http", 500, count=9)
    poll(spring, now=later(minutes=1))
    assert not Touch.objects.exists()
    corp.state.faults.clear()
    results.poll_due(now=later(minutes=5))
    assert Touch.objects.count() == 6


@pytest.mark.parametrize(
    ("age", "gap"),
    [
        (timedelta(minutes=1), timedelta(seconds=10)),
        (timedelta(minutes=30), timedelta(minutes=1)),
        (timedelta(hours=5), timedelta(minutes=10)),
        (timedelta(days=2), timedelta(hours=6)),
    ],
)
def test_the_older_the_task_the_rarer_the_question(age, gap):
    assert results.gap_after(age) == gap


def test_when_the_window_closes_unconfirmed_tasks_are_cancelled(corp, spring):
    first, second = Batch.objects.order_by("pk")
    corp.state.confirm(first.msgid)
    poll(spring, now=later(minutes=1))
    end = spring.window_end
    corp.state.clock.set(end)
    tick.tick(now=end)
    tick.tick(now=end + timedelta(seconds=30))
    assert [task.cancelled for task in corp.state.tasks()] == [False, True]
    spring.refresh_from_db()
    assert (spring.state, spring.stop_reason) == ("finished", "window")
    second.refresh_from_db()
    assert (second.state, second.is_final) == ("cancelled", True)
    assert {part.code: part.count for part in progress(spring).failed} == {"batch_cancelled": 3}
    corp.state.confirm()
    assert len(corp.state.ledger()) == 3


def test_what_was_never_handed_over_is_cancelled_with_the_window(corp):
    rows.crew(corp, 1)
    spring = rows.frozen()
    tick.tick(now=spring.window_end)
    assert Batch.objects.get().state == "cancelled"
    spring.refresh_from_db()
    assert (spring.state, spring.stop_reason) == ("finished", "window")


def test_quiet_hours_close_even_a_longer_window(corp):
    rows.crew(corp, 1)
    spring = rows.frozen(window_end=later(days=1))
    rows.deliver_all()
    night = later(hours=10)  # 22:00
    corp.state.clock.set(night)
    tick.tick(now=night)
    tick.tick(now=night + timedelta(minutes=1))
    spring.refresh_from_db()
    assert (spring.state, spring.stop_reason) == ("finished", "window")
    assert corp.state.confirm() == 0


def test_a_lunch_break_of_groups_takes_their_tasks_back_and_leaves_customers_theirs(corp):
    PolicySettings.objects.create(pk=1, lunch_channels=["group"])
    (member,) = rows.crew(corp, 1)
    rows.chat(member, corp=corp)
    private = rows.frozen()
    groups = freeze(broadcast_id=rows.to_groups().pk, now=NOW)
    late = rows.to_groups(window_start=later(minutes=31), touch_class="service")
    rows.deliver_all()
    for minutes in (31, 32):
        corp.state.clock.set(later(minutes=minutes))
        tick.tick(now=later(minutes=minutes))
    for spring in (private, groups, late):
        spring.refresh_from_db()
    assert (private.state, groups.state, groups.stop_reason) == ("waiting", "finished", "window")
    assert late.state == "scheduled", "it opens when lunch is over"
    assert corp.state.confirm() == 3
    tick.tick(now=later(hours=2))
    late.refresh_from_db()
    assert late.state == "submitting"


def test_who_presses_send_in_the_last_moment_is_still_counted(corp, spring):
    end = spring.window_end
    corp.state.clock.set(end)
    corp.state.faults.add("externalcontact/cancel_groupmsg_send", "errcode", 45033, count=2)
    close_due(now=end)
    corp.state.confirm()
    close_due(now=end + timedelta(seconds=20))
    poll(spring, now=end + timedelta(minutes=1))
    assert Touch.objects.count() == 6
    assert spring.state == "finished"


def test_an_operator_stops_what_staff_have_not_sent(corp, spring, operator):
    first = Batch.objects.order_by("pk").first()
    corp.state.confirm(first.msgid)
    control.stop(broadcast=spring, operator=operator, now=later(minutes=1))
    tick.tick(now=later(minutes=1))
    tick.tick(now=later(minutes=2))
    assert (spring.state, spring.stop_reason) == ("stopped", "operator")
    assert corp.state.confirm() == 0
    assert Touch.objects.count() == 3
    assert not Batch.objects.filter(is_final=False).exists()
    assert AuditEntry.objects.get(action="broadcast.stop").operator == operator


def test_a_window_that_opens_at_night_waits_for_the_morning(corp):
    rows.crew(corp, 1)
    night = later(hours=12)
    spring = rows.broadcast(window_start=night, window_end=night + timedelta(hours=12))
    open_due(now=night)
    spring.refresh_from_db()
    assert spring.state == "scheduled"
    open_due(now=night + timedelta(hours=9))
    spring.refresh_from_db()
    assert spring.state == "submitting"


def test_a_window_slept_through_is_missed(corp):
    rows.crew(corp, 1)
    spring = rows.broadcast(window_end=later(hours=-0.5))
    open_due(now=NOW)
    spring.refresh_from_db()
    assert (spring.state, spring.stop_reason) == ("stopped", "missed")


def test_freezing_begins_again_after_a_crash(corp):
    rows.crew(corp, 1)
    spring = rows.broadcast(state="freezing")
    open_due(now=NOW)
    spring.refresh_from_db()
    assert (spring.state, spring.chosen) == ("submitting", 3)


def test_a_rule_that_cannot_be_read_stops_its_broadcast_and_no_other(corp):
    rows.crew(corp, 1)
    broken = rows.broadcast(rule={"field": "no.such", "op": "=", "value": 1})
    fine = rows.broadcast()
    open_due(now=NOW)
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert (broken.state, broken.stop_reason, fine.state) == ("stopped", "audience", "submitting")


def test_staff_are_reminded_three_times_a_day_and_not_more(corp, spring, operator):
    for minutes in (1, 2, 3):
        control.remind(broadcast=spring, operator=operator, now=later(minutes=minutes))
        remind_due(now=later(minutes=minutes))
    assert [len(task.reminders) for task in corp.state.tasks()] == [3, 3]
    with pytest.raises(RemindersSpent):
        control.remind(broadcast=spring, operator=operator, now=later(minutes=4))
    assert control.remind(broadcast=spring, operator=operator, now=later(days=1, minutes=2)) == 2


def test_only_those_who_have_not_confirmed_are_reminded(corp, spring, operator):
    first = Batch.objects.order_by("pk").first()
    corp.state.confirm(first.msgid)
    poll(spring, now=later(minutes=1))
    control.remind(broadcast=spring, operator=operator, now=later(minutes=2))
    remind_due(now=later(minutes=2))
    assert [len(task.reminders) for task in corp.state.tasks()] == [0, 1]
    corp.state.confirm()
    poll(spring, now=later(minutes=3))
    with pytest.raises(NobodyToRemind):
        control.remind(broadcast=spring, operator=operator, now=later(minutes=4))


@pytest.mark.parametrize("end", ["stop", "window", "night"])
def test_nobody_is_reminded_of_what_is_being_taken_back(corp, spring, operator, end):
    corp.state.faults.add("externalcontact/cancel_groupmsg_send", "errcode", 45033, count=2)
    moment = {"stop": later(minutes=2), "window": spring.window_end, "night": later(hours=10)}[end]
    Broadcast.objects.update(window_end=later(hours=6 if end == "window" else 12))
    control.remind(broadcast=spring, operator=operator, now=moment)
    if end == "stop":
        control.stop(broadcast=spring, operator=operator, now=moment)
    tick.tick(now=moment)
    assert [len(task.reminders) for task in corp.state.tasks()] == [0, 0]
    assert Batch.objects.filter(state="accepted").count() == 2


def test_a_task_too_young_to_be_cancelled_is_tried_again_soon(corp, spring):
    corp.state.faults.add("externalcontact/cancel_groupmsg_send", "errcode", 41063, count=2)
    close_due(now=spring.window_end)
    close_due(now=spring.window_end + timedelta(seconds=16))
    assert all(task.cancelled for task in corp.state.tasks())


def test_a_step_of_the_heartbeat_ends_in_time_but_always_gets_on():
    assert list(for_a_while(range(3))) == [0, 1, 2]
    assert list(for_a_while(range(3), seconds=0)) == [0]


def test_a_touch_keeps_the_next_broadcast_away(corp, spring):
    corp.state.confirm()
    poll(spring, now=later(minutes=1))
    again = rows.frozen(now=later(hours=1))
    assert {row.reason for row in recipients(again)} == {"gap"}
    assert Broadcast.objects.get(pk=again.pk).stop_reason == "nobody"
