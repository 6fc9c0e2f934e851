"""Pause and resume; and one more look at the receivers before each call."""

from datetime import timedelta

import pytest

from broadcasts.models import Batch, IllegalMove, Recipient
from broadcasts.selectors.progress import progress
from broadcasts.services import control, dispatch, tick
from broadcasts.services.reconcile import reconcile_due
from contacts.models import Follow, Preference, Topic
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db
CREATE = "externalcontact/add_msg_template"


def later(**span):
    return NOW + timedelta(**span)


def wishes(person, **asked):
    Preference.objects.create(contact=person, updated_at=NOW, **asked)


def test_a_pause_in_the_middle_keeps_the_rest_back_until_it_ends(corp):
    rows.crew(corp, 3)
    spring = rows.frozen()
    operator = build.operator()
    first, *_others = Batch.objects.order_by("pk")
    dispatch.deliver_batch(batch_id=first.pk, now=NOW)
    control.pause(broadcast=spring, operator=operator, now=NOW)
    assert dispatch.hand_out(now=later(minutes=1)) == 0
    rows.deliver_all(now=later(minutes=1))
    tick.tick(now=later(minutes=2))
    assert len(corp.state.tasks()) == 1
    assert corp.state.confirm() == 3  # what staff have stays with them
    with pytest.raises(IllegalMove):
        control.pause(broadcast=spring, operator=operator, now=later(minutes=2))
    control.resume(broadcast=spring, operator=operator, now=later(minutes=3))
    assert dispatch.hand_out(now=later(minutes=3)) == 2
    rows.deliver_all(now=later(minutes=3))
    assert len(corp.state.tasks()) == 3


def test_what_is_paused_before_its_window_does_not_start_and_ends_with_it():
    spring = rows.broadcast()
    operator = build.operator()
    control.pause(broadcast=spring, operator=operator, now=NOW)
    tick.tick(now=later(minutes=1))
    spring.refresh_from_db()
    assert (spring.state, spring.is_paused) == ("scheduled", True)
    with pytest.raises(IllegalMove):
        control.resume(broadcast=spring, operator=operator, now=spring.window_end)
    tick.tick(now=spring.window_end)
    spring.refresh_from_db()
    assert (spring.state, spring.stop_reason, spring.is_paused) == ("stopped", "missed", False)


def test_a_paused_one_is_closed_with_its_window(corp):
    rows.crew(corp, 2)
    spring = rows.frozen()
    control.pause(broadcast=spring, operator=None, now=NOW)
    for minutes in (0, 1):
        tick.tick(now=spring.window_end + timedelta(minutes=minutes))
    spring.refresh_from_db()
    assert (spring.state, spring.stop_reason) == ("finished", "window")
    assert not corp.state.tasks()


def test_who_asked_for_silence_or_left_meanwhile_is_not_in_the_call(corp):
    (member,) = rows.crew(corp, 1, per_head=0)
    stays, silent, resting, gone, topical = (rows.customer(member, corp=corp) for _each in range(5))
    topic = Topic.objects.create(name="New products")
    spring = rows.frozen(topic=topic)
    wishes(silent, is_do_not_contact=True)
    wishes(resting, pause_until=later(days=1))
    wishes(topical, topics_off=[topic.pk])
    Follow.objects.filter(contact=gone).update(status="by_contact", ended_at=NOW)
    rows.deliver_all()
    (task,) = corp.state.tasks()
    assert task.external_userids == [stays.external_userid]
    results = dict(Recipient.objects.values_list("contact_id", "result"))
    assert results == {
        stays.pk: "",
        silent.pk: "silenced",
        resting.pk: "silenced",
        topical.pk: "silenced",
        gone.pk: "not_friend",
    }
    shown = progress(spring)
    assert (shown.chosen, shown.open, sum(part.count for part in shown.failed)) == (5, 1, 4)


def test_a_lost_call_is_recognised_by_those_it_was_made_for(corp):
    (member,) = rows.crew(corp, 1, per_head=2)
    silent = rows.customer(member, corp=corp)
    rows.frozen()
    wishes(silent, is_do_not_contact=True)
    corp.state.faults.add(CREATE, "drop_after")
    rows.deliver_all()
    reconcile_due(now=later(seconds=121))
    batch = Batch.objects.get()
    assert (batch.state, batch.resent, batch.msgid) == (
        "accepted",
        0,
        corp.state.tasks()[0].msgid,
    )


def test_a_batch_nobody_is_left_of_is_over_without_a_call(corp):
    (member,) = rows.crew(corp, 1, per_head=0)
    silent = rows.customer(member, corp=corp)
    spring = rows.frozen()
    wishes(silent, is_do_not_contact=True)
    rows.deliver_all()
    tick.tick(now=later(minutes=1))
    batch = Batch.objects.get()
    spring.refresh_from_db()
    assert not corp.state.tasks()
    assert (batch.state, batch.is_final, spring.state) == ("cancelled", True, "finished")
    assert batch.refused_reason
