"""Sixty minutes of schedule with two and with ten beats at once: every occasion comes once (F7).

Each beat walks through the hour on a thread and a connection of its own and does all that beat's
messages would have workers do; they meet at each moment and go off together.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connections

from broadcasts.models import (
    Batch,
    Broadcast,
    BroadcastPlan,
    JourneyRun,
    JourneySend,
    JourneyStepLog,
    Recipient,
    Touch,
)
from broadcasts.services import dispatch, journey_tick, tick
from broadcasts.services.plans import fire_due
from broadcasts.services.windows import open_due
from contacts.models import StaffTask
from scrm.audit.models import AuditEntry
from tests.broadcasts import rows
from tests.broadcasts.journey_rows import expect, journey, send, task, wait
from tests.broadcasts.rows import NOW, SHANGHAI

pytestmark = pytest.mark.django_db(transaction=True)
STEP, STEPS = timedelta(minutes=15), 4


class Hour:
    """What falls due in the hour from `begin` on: at each step a recurring broadcast, one that is
    scheduled, and a customer for whom a journey's wait is over.
    """

    def __init__(self, begin, people):
        self.moments = [begin + STEP * number for number in range(STEPS)]
        same = {"touch_class": "service", "segment": rows.segment()}
        self.plans = [self._plan(moment, same) for moment in self.moments]
        self.scheduled = [
            rows.broadcast(window_start=moment - timedelta(minutes=3), **same)
            for moment in self.moments
        ]
        self.walked = journey(
            wait(minutes=5), task(), send(), wait("rest", days=2), now=begin - timedelta(hours=1)
        )
        for moment, person in zip(self.moments, people, strict=True):
            expect(self.walked, person, now=moment)

    def _plan(self, moment, same):
        local = moment.astimezone(SHANGHAI).time()
        return rows.plan(every="day", weekdays=[], time=local, next_at=moment, **same)


def beat(now):
    """One beat's messages, all of them taken by workers at once. What guards the heartbeat is a
    lock; what makes and opens broadcasts is asked once more without it.
    """
    tick.tick(now=now)
    fire_due(now=now)
    open_due(now=now)
    journey_tick.advance(now=now)
    journey_tick.survey(now=now)
    for batch_id in list(Batch.objects.filter(state="ready").values_list("pk", flat=True)):
        dispatch.deliver_batch(batch_id=batch_id, now=now)


def walk(corp, beats, moments):
    """Let so many beats go through these moments together; staff send what they have between."""
    ahead, failures = iter(moments), []

    def staff_send():
        corp.state.clock.set(next(ahead))
        corp.state.confirm()

    meeting = threading.Barrier(beats, action=staff_send)

    def live(number):
        try:
            for moment in moments:
                meeting.wait(30)
                # No two clocks agree.
                beat(moment + timedelta(milliseconds=70 * number))
        except BaseException as error:
            failures.append(error)
            meeting.abort()
            raise
        finally:
            connections.close_all()

    threads = [threading.Thread(target=live, args=(number,)) for number in range(beats)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures


def once_each(counted):
    return set(counted.values()) == {1}


def check(hour):
    """Every occasion of the hour is one row, whatever it was; and nothing else is there."""
    for plan, moment in zip(hour.plans, hour.moments, strict=True):
        made = Broadcast.objects.filter(plan=plan)
        assert list(made.values_list("fire_at", flat=True)) == [moment]
        assert BroadcastPlan.objects.get(pk=plan.pk).next_at == moment + timedelta(days=1)
    assert not AuditEntry.objects.filter(action="broadcast_plan.missed").exists()
    due = Broadcast.objects.filter(origin="plan", plan__in=hour.plans)
    due |= Broadcast.objects.filter(pk__in=[one.pk for one in hour.scheduled])
    assert due.count() == 2 * STEPS
    assert set(due.values_list("chosen", "state")) == {(STEPS, "finished")}
    _check_journey(hour)


def _check_journey(hour):
    runs = JourneyRun.objects.filter(journey=hour.walked)
    assert Counter(runs.values_list("state", "step")) == {("running", "rest"): STEPS}
    log = JourneyStepLog.objects.filter(run__journey=hour.walked, what__in=["entered", "done"])
    assert Counter(log.values_list("what", "step")) == {
        ("entered", ""): STEPS,
        ("done", "pause"): STEPS,
        ("done", "call"): STEPS,
        ("done", "hello"): STEPS,
    }
    sends = JourneySend.objects.filter(version=hour.walked.version)
    assert once_each(Counter(sends.values_list("slot_at", flat=True)))
    assert Broadcast.objects.filter(journey_send__in=sends, chosen=1).count() == STEPS


@pytest.fixture
def short_slots(settings):
    settings.JOURNEY_SLOT_MINUTES = 15


def test_through_an_hour_two_and_ten_beats_at_once_make_each_thing_once(corp, short_slots):
    (member,) = rows.crew(corp, 1, per_head=0)
    people = [rows.customer(member, corp=corp) for _each in range(STEPS)]
    hours = [Hour(NOW, people), Hour(NOW + timedelta(hours=2), people)]
    for hour, beats in zip(hours, (2, 10), strict=True):
        # The last customer's wait, slot and message come after the hour.
        after = [hour.moments[-1] + STEP * number for number in (1, 2, 3)]
        walk(corp, beats, [*hour.moments, *after])
        check(hour)
    assert StaffTask.objects.count() == 2 * STEPS
    batches = Batch.objects.filter(state="accepted")
    assert {task.msgid for task in corp.state.tasks()} == set(
        batches.values_list("msgid", flat=True)
    )
    assert once_each(Counter(batches.values_list("broadcast", flat=True)))
    assert batches.count() == Broadcast.objects.count() == 6 * STEPS
    places = Counter(Recipient.objects.values_list("broadcast", "contact"))
    touches = Counter(Touch.objects.values_list("broadcast", "contact"))
    assert once_each(touches)
    assert touches == places
    assert sum(touches.values()) == len(corp.state.ledger())
