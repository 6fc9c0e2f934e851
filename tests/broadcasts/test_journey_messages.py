"""Messages of journeys (SOP旅程): shared broadcasts, what the governor says, who goes on or leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadcasts.models import (
    Broadcast,
    JourneyRun,
    JourneySend,
    PolicySettings,
    StopSwitch,
)
from broadcasts.selectors.journey_orders import buyers_after
from broadcasts.services.audience import freeze
from broadcasts.services.journey_exits import leave_by_rules
from broadcasts.services.journey_runs import advance_due
from broadcasts.services.journey_sends import close_slots, settle_sends
from contacts.models import Preference
from tests.broadcasts.journey_rows import (
    STRANGERS,
    expect,
    history,
    journey,
    send,
    task,
    wait,
)
from tests.broadcasts.rows import customer, touch
from tests.build import operator
from tests.contacts import rows
from tests.contacts.rows import NOW, staff

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_those_who_come_within_a_slot_share_one_broadcast_of_the_house_s_priority():
    PolicySettings.objects.create(pk=1, journey_priority=2)
    member = staff()
    people = [customer(member) for _number in range(3)]
    walked = journey(send(), task())
    noon = NOW + timedelta(minutes=5)
    runs = [expect(walked, person, now=noon) for person in people[:2]]
    late = expect(walked, people[2], now=NOW + timedelta(minutes=90))
    assert advance_due(now=noon) == 2
    assert [history(run)[-1] for run in runs] == [("hello", "joined", "")] * 2
    assert not close_slots(now=noon)
    slot = JourneySend.objects.get()
    assert slot.slot_at == NOW + timedelta(hours=1)

    close_slots(now=slot.slot_at)
    close_slots(now=slot.slot_at)
    advance_due(now=NOW + timedelta(minutes=90))
    slot.refresh_from_db()
    broadcast = Broadcast.objects.get()
    assert slot.broadcast == broadcast
    assert (broadcast.origin, broadcast.state, broadcast.segment) == ("journey", "scheduled", None)
    assert broadcast.priority == 2
    states = [JourneyRun.objects.get(pk=run.pk) for run in (*runs, late)]
    assert [run.state for run in states] == ["sending"] * 3
    assert states[0].send_id == states[1].send_id != states[2].send_id


def frozen(walked, people, *, at=NOW):
    """Everybody came to the first step, and its message's audience is fixed."""
    runs = [expect(walked, person, now=at) for person in people]
    advance_due(now=at)
    close_slots(now=at)
    broadcast = Broadcast.objects.filter(origin="journey").latest("pk")
    freeze(broadcast_id=broadcast.pk, now=at)
    return runs, broadcast


def state_of(run):
    run.refresh_from_db()
    return run.state, run.step, run.held_by


def test_a_run_goes_on_when_its_message_has_arrived():
    person = customer(staff())
    walked = journey(send(), wait())
    (run,), broadcast = frozen(walked, [person])
    broadcast.refresh_from_db()
    assert broadcast.chosen == 1
    settle_sends(now=NOW)
    assert state_of(run) == ("sending", "hello", "")

    later = NOW + timedelta(hours=2)
    touch(person, days_ago=0, at=later, broadcast=broadcast)
    settle_sends(now=later)
    settle_sends(now=later)
    assert state_of(run) == ("running", "pause", "")
    assert history(run)[-1] == ("hello", "done", "")
    assert JourneySend.objects.get().settled_at == later


def test_a_message_the_governor_holds_back_waits_until_patience_ends_and_is_passed_over():
    person = customer(staff())
    touch(person, days_ago=1)
    walked = journey(send(touch_class="light", patience_hours=30), wait())
    (run,), broadcast = frozen(walked, [person])
    assert broadcast.chosen == 0
    settle_sends(now=NOW)
    assert state_of(run) == ("running", "hello", "gap")
    morning = run.due_at
    assert NOW < morning < NOW + DAY

    touch(person, at=morning - timedelta(hours=1))
    advance_due(now=morning)
    assert state_of(run) == ("sending", "hello", "gap")
    send_at = JourneyRun.objects.get().send.slot_at
    close_slots(now=send_at)
    again = Broadcast.objects.latest("pk")
    assert again != broadcast
    freeze(broadcast_id=again.pk, now=send_at)
    settle_sends(now=send_at)
    assert state_of(run) == ("running", "hello", "gap")
    assert run.due_at == NOW + timedelta(hours=30)  # patience ends before the next morning

    advance_due(now=run.due_at)
    assert ("hello", "skipped", "gap") in history(run)
    assert state_of(run)[:2] == ("running", "pause")
    assert run.patience_until is None


def test_who_can_never_be_written_to_leaves_at_the_message():
    person = customer(staff())
    Preference.objects.create(contact=person, is_do_not_contact=True, updated_at=NOW)
    (run,), _broadcast = frozen(journey(send(), wait()), [person])
    settle_sends(now=NOW)
    run.refresh_from_db()
    assert (run.state, run.reason) == ("exited", "do_not_contact")


def test_a_message_somebody_stopped_is_passed_over_and_one_the_window_closed_on_comes_again():
    people = [customer(staff()) for _number in range(2)]
    (stopped,), first = frozen(journey(send(), wait()), people[:1])
    (closed,), second = frozen(journey(send(), wait()), people[1:])
    for broadcast, reason in ((first, "operator"), (second, "window")):
        broadcast.batches.update(state="cancelled", is_final=True)
        Broadcast.objects.filter(pk=broadcast.pk).update(
            state="stopped", stop_reason=reason, finished_at=NOW
        )
    settle_sends(now=NOW)
    assert state_of(stopped)[:2] == ("running", "pause")
    assert history(stopped)[-1] == ("hello", "skipped", "stopped")
    assert state_of(closed) == ("running", "hello", "unsent")


def test_nothing_is_sent_while_the_switch_is_off_and_slots_wait_for_it():
    StopSwitch.objects.create(stopped_at=NOW, stopped_by=operator(), reason="Too many complaints")
    run = expect(journey(send()), customer(staff()))
    advance_due(now=NOW)
    close_slots(now=NOW)
    assert not Broadcast.objects.exists()
    StopSwitch.objects.update(resumed_at=NOW, resumed_by=operator())
    close_slots(now=NOW)
    assert Broadcast.objects.count() == 1
    assert state_of(run)[0] == "sending"


def test_a_slot_that_was_missed_waits_for_the_morning():
    run = expect(journey(send()), customer(staff()))
    advance_due(now=NOW)
    night = NOW + timedelta(hours=11)
    close_slots(now=night)
    assert not Broadcast.objects.exists()
    advance_due(now=night)
    run.refresh_from_db()
    assert run.state == "sending"
    assert run.send.slot_at == NOW + timedelta(hours=20, minutes=30)  # 08:30 in Shanghai


def test_nobody_is_left_behind_by_the_exit_of_a_waiting_message():
    person = customer(staff())
    walked = journey(send(), exits=[{"kind": "segment", "rule": STRANGERS}])
    run = expect(walked, person)
    advance_due(now=NOW)
    person.facts.relation = "lost"
    person.facts.save()
    assert leave_by_rules(now=NOW) == 1
    assert state_of(run)[0] == "exited"
    close_slots(now=NOW)
    assert not Broadcast.objects.exists()
    assert JourneySend.objects.get().settled_at == NOW


def test_who_orders_soon_after_a_message_is_counted_by_message():
    buyer, late, never = (customer(staff()) for _number in range(3))
    walked = journey(send(), wait())
    _runs, broadcast = frozen(walked, [buyer, late, never])
    for person in (buyer, late, never):
        touch(person, at=NOW, broadcast=broadcast)
    settle_sends(now=NOW)
    rows.order(buyer, paid_at=NOW + 6 * DAY)
    rows.order(late, paid_at=NOW + 8 * DAY)
    rows.order(never, paid_at=NOW - DAY)
    assert buyers_after(walked.version, operator()) == {"hello": 1}
    assert buyers_after(walked.version, operator(), days=9) == {"hello": 2}
