"""Journeys and processes that die, or meet: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections

from broadcasts.models import Broadcast, JourneyRun, JourneySend, JourneyStepLog
from broadcasts.services import journey_tick
from broadcasts.services.journey_runs import advance_due
from broadcasts.services.journey_sends import close_slots
from contacts.models import StaffTask, TagJob, TagJobItem
from tests.broadcasts.journey_rows import expect, internal_tag, journey, send, task
from tests.broadcasts.rows import customer
from tests.contacts.rows import NOW, staff

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 4


class Struck(OperationalError):
    """The connection broke."""


def a_crowd():
    """Customers about to do everything a journey can do in one slice."""
    member, tag = staff(), internal_tag()
    walked = journey(
        {"id": "mark", "kind": "tag", "add": [tag.pk], "remove": []},
        task(),
        {"id": "tell", "kind": "webhook", "name": "crm"},
        send(),
    )
    for _number in range(PEOPLE):
        expect(walked, customer(member))
    return walked


def check(walked):
    """Everybody did everything once and shares one message."""
    assert Counter(walked.runs.values_list("state", flat=True)) == {"sending": PEOPLE}
    assert StaffTask.objects.count() == PEOPLE
    assert TagJobItem.objects.values("contact").distinct().count() == PEOPLE
    assert TagJobItem.objects.count() == PEOPLE
    done = Counter(JourneyStepLog.objects.filter(what="done").values_list("step", flat=True))
    assert done == {"mark": PEOPLE, "call": PEOPLE, "tell": PEOPLE}
    assert JourneyStepLog.objects.filter(what="entered").count() == PEOPLE
    assert JourneySend.objects.count() == Broadcast.objects.count() == 1


def struck_at(number):
    """A wrapper of statements that breaks the connection's `number`-th writing one."""
    left = [number]

    def execute(run, sql, parameters, many, context):
        if sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE", "WITH", "RELEASE", "SAVEPOINT")):
            left[0] -= 1
            if left[0] == 0:
                raise Struck("struck")
        return run(sql, parameters, many, context)

    return execute


def test_a_slice_that_breaks_at_any_statement_leaves_nothing_of_itself():
    walked = a_crowd()
    struck = 0
    for number in range(1, 200):
        try:
            with connection.execute_wrapper(struck_at(number)):
                advance_due(now=NOW)
        except Struck:
            struck += 1
            assert set(walked.runs.values_list("state", flat=True)) == {"expected"}
            assert not StaffTask.objects.exists()
            assert not TagJob.objects.exists()
            assert not JourneyStepLog.objects.exists()
            assert not JourneySend.objects.exists()
        else:
            break
    assert struck > 12
    close_slots(now=NOW)
    check(walked)


def in_a_child(work):
    """Run `work` in a process of its own, which may die of it; answers how it ended."""
    connections.close_all()
    child = os.fork()
    if not child:
        status = 1
        # After a test with a browser a fork sees the parent's connections of the time before it.
        # They are not to be used here, nor to be closed.
        theirs = [(wrapper, wrapper.connection) for wrapper in connections.all()]
        for wrapper, _connection in theirs:
            wrapper.connection = None
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("statement", [2, 12])
def test_a_worker_killed_in_the_middle_of_a_slice_is_made_up_for_by_the_next(statement):
    walked = a_crowd()

    def killed():
        def kill(*_arguments):
            os.kill(os.getpid(), signal.SIGKILL)

        struck = struck_at(statement)

        def execute(run, *arguments):
            try:
                return struck(run, *arguments)
            except Struck:
                kill()

        with connection.execute_wrapper(execute):
            advance_due(now=NOW)

    assert in_a_child(killed) == -signal.SIGKILL
    journey_tick.advance(now=NOW)
    journey_tick.advance(now=NOW)
    check(walked)


def test_two_workers_at_once_share_the_work_and_do_nothing_twice():
    walked = a_crowd()
    again = journey(send("other"), task("more", text="Write a card"))
    person = walked.runs.first().contact
    # Two events of one customer, let in by two workers at the same time: one begins.
    for number in range(6):
        expect(again, person, key=f"same:{number}")
    barrier, failures = threading.Barrier(2), []

    def work():
        try:
            barrier.wait(10)
            for _turn in range(12):
                advance_due(now=NOW, size=1)
            close_slots(now=NOW)
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    advance_due(now=NOW)
    assert Counter(again.runs.values_list("state", "reason")) == {
        ("sending", ""): 1,
        ("refused", "open"): 5,
    }
    runs = JourneyRun.objects.filter(journey=walked)
    assert Counter(runs.values_list("state", flat=True)) == {"sending": PEOPLE}
    assert StaffTask.objects.filter(text="Ring her up").count() == PEOPLE
    assert TagJobItem.objects.count() == PEOPLE
    assert JourneySend.objects.filter(version=walked.version).count() == 1


def test_nobody_joins_a_message_whose_slot_is_closed():
    member = staff()
    walked = journey(send())
    expect(walked, customer(member))
    advance_due(now=NOW)
    close_slots(now=NOW)
    late = expect(walked, customer(member))
    advance_due(now=NOW + timedelta(minutes=1))
    late.refresh_from_db()
    first, second = JourneySend.objects.order_by("slot_at")
    assert late.send == second
    assert (first.broadcast is None, second.broadcast is None) == (False, True)
    assert second.slot_at == NOW + timedelta(hours=1)
