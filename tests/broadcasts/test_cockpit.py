"""The staff cockpit: who has not confirmed, who waits behind them, and until when."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from broadcasts.models import Batch, Broadcast
from broadcasts.selectors.cockpit import TASKS_READ, cockpit, confirm_histories
from scrm.console.models import Role
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def running(**overrides):
    return rows.broadcast(
        **{"state": "waiting", "frozen_at": NOW - HOUR, "name": "Spring", **overrides}
    )


def task(broadcast, member, *, size=10, since=NOW - HOUR, took=None, seq=0, **overrides):
    """A task that reached her at `since`, confirmed after `took` if it was."""
    number = Batch.objects.count()
    return Batch.objects.create(
        **{
            "broadcast": broadcast,
            "staff": member,
            "seq": seq,
            "size": size,
            "state": "accepted",
            "msgid": f"m{number}",
            "intent_at": since,
            "accepted_at": since,
            "confirmed_at": since + took if took else None,
            "sent_count": size if took else 0,
            **overrides,
        }
    )


def past(member, minutes):
    """Her earlier tasks, each of a broadcast of its own, confirmed after so many minutes."""
    for number, took in enumerate(minutes):
        over = rows.broadcast(
            state="finished", frozen_at=NOW, finished_at=NOW, name=f"Past {number}"
        )
        since = NOW - timedelta(days=number + 1)
        task(over, member, since=since, took=timedelta(minutes=took))


def test_each_staff_member_is_shown_with_what_waits_behind_her(operator):
    anna, bea = rows.staff(), rows.staff()
    spring, summer = running(), running(name="Summer", window_end=NOW + 2 * HOUR)
    spring.reminded_at = [NOW - 2 * HOUR, NOW - timedelta(minutes=5)]
    spring.save()
    task(spring, anna, size=7)
    task(spring, anna, size=5, seq=1, since=NOW - timedelta(minutes=30))
    task(spring, bea, took=timedelta(minutes=3))
    task(summer, anna, size=3)
    task(summer, bea, size=4)

    found = cockpit(operator, now=NOW)

    first, second = found.loads
    assert (first.staff, first.customers, len(first.tasks)) == (anna, 15, 2)
    assert (first.since, first.reminders) == (NOW - HOUR, 1)
    assert (second.staff, second.customers) == (bea, 4)
    assert [row.broadcast for row in found.running] == [summer, spring]
    assert [(row.confirmed, row.staff, row.waiting) for row in found.running] == [
        (0, 2, 7),
        (1, 2, 12),
    ]
    assert cockpit(operator, now=NOW, broadcast_id=summer.pk).customers == 7


def test_the_finish_is_that_of_the_slowest_and_unknown_when_one_is(operator):
    anna, bea = rows.staff(), rows.staff()
    past(anna, [70, 80, 90, 100, 110])
    spring = running(window_end=NOW + timedelta(minutes=15))
    task(spring, anna)
    (row,) = cockpit(operator, now=NOW).running
    assert row.forecast.at == NOW - HOUR + timedelta(minutes=90)
    assert row.is_late
    task(spring, bea)
    (row,) = cockpit(operator, now=NOW).running
    assert (row.forecast.at, row.is_late) == (None, False)


def test_tasks_that_nobody_confirmed_count_only_when_their_window_closed():
    anna = rows.staff()
    for reason in ("window", "operator"):
        over = rows.broadcast(
            state="stopped", stop_reason=reason, frozen_at=NOW, finished_at=NOW, name=reason
        )
        task(over, anna, state="cancelled", is_final=True)
    history = confirm_histories([anna.pk], now=NOW)[anna.pk]
    assert (list(history.delays), history.never) == ([], 1)


def test_only_her_last_tasks_are_read():
    anna = rows.staff()
    past(anna, range(1, TASKS_READ + 6))
    history = confirm_histories([anna.pk], now=NOW)[anna.pk]
    assert max(history.delays) == timedelta(minutes=TASKS_READ)


def test_a_lead_sees_the_load_of_her_own_broadcasts_alone(client):
    lead = build.operator(role=Role.LEAD, staff_userid="lead")
    anna = rows.staff()
    task(running(), anna)
    task(running(name="Hers", created_by=lead), anna, size=2)
    assert [row.broadcast.name for row in cockpit(lead, now=NOW).running] == ["Hers"]
    client.force_login(lead)
    shown = client.get(reverse("console:broadcast-cockpit")).content.decode()
    assert "Hers" in shown
    assert "Spring" not in shown


def test_the_queries_do_not_grow_with_broadcasts_and_staff(operator):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            cockpit(operator, now=NOW)
        return len(asked)

    task(running(), rows.staff())
    one = queries()
    for number in range(4):
        broadcast = running(name=f"More {number}")
        for _each in range(3):
            task(broadcast, rows.staff())
    assert queries() == one


def test_nothing_running_is_said(operator_client):
    assert not Broadcast.objects.exists()
    shown = operator_client.get(reverse("console:broadcast-cockpit")).content.decode()
    assert "当前没有群发在等待成员执行" in shown
