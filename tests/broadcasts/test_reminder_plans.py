"""Reminders by plan: when they come, and every way in which one does not."""

from datetime import timedelta

import pytest

from broadcasts.models import Batch, Broadcast, Reminder
from broadcasts.policy.reminder_plan import moments
from broadcasts.selectors.progress import progress
from broadcasts.selectors.reminders import planned_reminders
from broadcasts.services import control, tick
from broadcasts.services.reminders import remind_due
from broadcasts.services.switch import stop_all
from broadcasts.services.windows import settle
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

REMIND = "externalcontact/remind_groupmsg_send"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def firm(corp):
    """Two tasks handed over at NOW, to be reminded of after an hour and an hour before the end."""
    return handed_over(corp, "firm")


def handed_over(corp, plan, **overrides):
    rows.crew(corp, 2, per_head=1)
    broadcast = rows.frozen(reminder_plan=plan, **overrides)
    rows.deliver_all()
    settle(now=NOW)
    return at(corp, broadcast, NOW)


def at(corp, broadcast, moment):
    """The heartbeat at a moment of the corp's clock."""
    corp.state.clock.set(moment)
    tick.tick(now=moment)
    broadcast.refresh_from_db()
    return broadcast


def rung(corp):
    return [len(task.reminders) for task in corp.state.tasks()]


def decided(broadcast):
    return [(row.state, row.reason) for row in broadcast.reminders.order_by("due_at")]


@pytest.mark.parametrize(
    ("plan", "hours_open", "after"),
    [
        ("off", 8, []),
        ("gentle", 8, [3]),
        ("firm", 8, [1, 7]),
        # Too short: nothing within half an hour of the hand-over, another one or the end.
        ("gentle", 3.2, []),
        ("firm", 2, [1]),
        ("firm", 1.2, []),
        ("firm", 2.6, [1, 1.6]),
    ],
)
def test_a_plan_leaves_staff_time_on_either_side(plan, hours_open, after):
    due = moments(plan, handed_at=NOW, closes_at=NOW + hours_open * HOUR)
    assert [(moment - NOW) / HOUR for moment in due] == after


@pytest.mark.django_db
def test_staff_who_have_not_confirmed_are_reminded_at_the_planned_times(corp, firm):
    assert planned_reminders(firm).next_at == NOW + HOUR
    at(corp, firm, NOW + 59 * MINUTE)
    assert rung(corp) == [0, 0]
    at(corp, firm, NOW + HOUR)
    at(corp, firm, NOW + HOUR + MINUTE)
    assert rung(corp) == [1, 1]
    assert planned_reminders(firm).next_at == firm.window_end - HOUR
    # Confirmed, and our tables do not know it yet.
    first = Batch.objects.order_by("pk").first()
    corp.state.confirm(first.msgid)
    Batch.objects.update(next_poll_at=firm.window_end)
    at(corp, firm, firm.window_end - HOUR)
    assert rung(corp) == [1, 2]
    assert decided(firm) == [("done", ""), ("done", "")]


@pytest.mark.django_db
def test_a_task_wecom_still_hands_out_is_reminded_of_a_minute_later(corp, firm):
    corp.state.faults.add(REMIND, "errcode", 41063, count=2)
    at(corp, firm, NOW + HOUR)
    assert rung(corp) == [0, 0]
    assert "41063" not in progress(firm).staff[0].reason
    assert progress(firm).staff[0].reason
    at(corp, firm, NOW + HOUR + MINUTE)
    assert rung(corp) == [1, 1]
    assert progress(firm).staff[0].reason == ""
    assert all(len(batch.reminded_at) == 1 for batch in Batch.objects.all())


@pytest.mark.django_db
def test_together_with_an_operators_it_stays_at_three_in_a_day(corp, firm, operator):
    # 41063 keeps the third back for a minute, so that it is late for the count of the broadcast.
    for minutes in (35, 36, 37):
        control.remind(broadcast=firm, operator=operator, now=NOW + minutes * MINUTE)
        at(corp, firm, NOW + minutes * MINUTE)
    at(corp, firm, NOW + HOUR)
    assert rung(corp) == [3, 3]
    assert decided(firm) == [("skipped", "spent"), ("waiting", "")]
    # Whatever the row of the broadcast says, the task itself is counted, too.
    Batch.objects.update(remind_at=NOW + 2 * HOUR)
    remind_due(now=NOW + 2 * HOUR)
    assert rung(corp) == [3, 3]
    assert progress(firm).staff[0].reason


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("paused", {"paused_at": NOW}),
        ("recent", {"reminded_at": [NOW + 45 * MINUTE]}),
        ("confirmed", {"state": "finished", "finished_at": NOW}),
        ("over", {"state": "finished", "finished_at": NOW, "stop_reason": "window"}),
        ("over", {"state": "stopped", "finished_at": NOW, "stop_reason": "operator"}),
    ],
)
def test_a_reminder_that_is_skipped_says_why(corp, firm, reason, change):
    Broadcast.objects.update(**change)
    at(corp, firm, NOW + HOUR)
    assert decided(firm)[0] == ("skipped", reason)
    assert rung(corp) == [0, 0]


@pytest.mark.django_db
def test_nobody_is_reminded_while_all_sending_is_stopped(corp, firm, operator):
    stop_all(reason="A wrong price", with_welcomes=False, operator=operator, now=NOW)
    at(corp, firm, NOW + HOUR)
    assert rung(corp) == [0, 0]
    assert decided(firm)[0] == ("skipped", "switch")


@pytest.mark.django_db
def test_nobody_is_reminded_in_the_quiet_hours(corp):
    late = handed_over(corp, "gentle", window_end=NOW + 30 * HOUR)
    Reminder.objects.update(due_at=NOW + 12 * HOUR)
    # WeCom refuses to take the tasks back, so they are still open at midnight.
    corp.state.faults.add("externalcontact/cancel_groupmsg_send", "errcode", 45033, count=9)
    at(corp, late, NOW + 12 * HOUR)
    assert decided(late) == [("skipped", "quiet")]
    assert rung(corp) == [0, 0]


@pytest.mark.django_db
def test_a_task_handed_over_late_is_left_alone_and_the_others_are_reminded_of(corp, firm):
    young = Batch.objects.order_by("pk").last()
    Batch.objects.filter(pk=young.pk).update(accepted_at=NOW + 45 * MINUTE)
    at(corp, firm, NOW + HOUR)
    assert sorted(rung(corp)) == [0, 1]
    assert firm.reminders.order_by("due_at").first().tasks == 1
