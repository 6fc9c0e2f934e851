"""Handing batches over: once, whatever the answer was. Checked against what WeCom accepted."""

from collections import Counter
from datetime import timedelta

import pytest
import redis
from django.conf import settings

from broadcasts import figures
from broadcasts.models import Batch, Broadcast, Recipient, Touch
from broadcasts.services import control, dispatch, tick
from broadcasts.services.reconcile import expire_leases, reconcile, reconcile_due
from broadcasts.services.results import poll_due
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db
CREATE = "externalcontact/add_msg_template"
LIST = "externalcontact/get_groupmsg_list_v2"
SETTLED = timedelta(seconds=121)


@pytest.fixture
def batch(corp):
    """One ready batch of three customers."""
    rows.crew(corp, 1)
    rows.frozen()
    return Batch.objects.get()


def asked(corp):
    """How often each customer stands in a task that WeCom holds."""
    return Counter(
        receiver
        for task in corp.state.tasks()
        for receivers in task.targets.values()
        for receiver in receivers
    )


def everybody_once():
    chosen = Recipient.objects.filter(state="chosen").values_list("external_userid", flat=True)
    return Counter(list(chosen))


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def forget_pauses():
    """The gateway's own pauses last by Redis' clock, which a test does not wait for."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    client.close()


def work(corp, *, until=900, step=60):
    """Ticks and workers for so many seconds of the corp's own time, losing Redis all along."""
    for seconds in range(0, until, step):
        forget_pauses()
        corp.state.clock.set(later(seconds))
        tick.tick(now=later(seconds))
        rows.deliver_all(now=later(seconds))


def test_a_batch_is_handed_over_once_however_often_it_is_delivered(corp, batch):
    for _each in range(3):
        dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    assert asked(corp) == everybody_once()
    batch.refresh_from_db()
    assert (batch.state, batch.attempt, batch.msgid) == (
        "accepted",
        1,
        corp.state.tasks()[0].msgid,
    )


def test_a_refused_batch_waits_and_comes_back(corp, batch):
    corp.state.faults.add(CREATE, "errcode", 45009)
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, batch.refused_code) == ("ready", 45009)
    dispatch.deliver_batch(batch_id=batch.pk, now=later(30))
    assert not corp.state.tasks()
    forget_pauses()
    dispatch.deliver_batch(batch_id=batch.pk, now=later(61))
    assert asked(corp) == everybody_once()


def test_what_wecom_will_never_take_is_refused_with_its_words(corp, batch):
    corp.state.faults.add(CREATE, "errcode", 41048)
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    batch.refresh_from_db()
    assert (batch.state, batch.is_final, batch.refused_code) == ("refused", True, 41048)
    assert batch.refused_reason


def test_silence_is_never_repeated_before_it_was_looked_into(corp, batch):
    corp.state.faults.add(CREATE, "drop_after")
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    batch.refresh_from_db()
    assert batch.state == "unknown"
    for seconds in (10, 60, 600):
        dispatch.deliver_batch(batch_id=batch.pk, now=later(seconds))
    assert len(corp.state.tasks()) == 1


def test_what_wecom_took_in_silence_is_adopted(corp, batch):
    corp.state.faults.add(CREATE, "drop_after")
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    assert reconcile_due(now=later(100)) == 0
    reconcile_due(now=NOW + SETTLED)
    batch.refresh_from_db()
    assert (batch.state, batch.resent) == ("accepted", 0)
    assert batch.msgid == corp.state.tasks()[0].msgid


def test_what_wecom_never_saw_is_handed_over_again(corp, batch):
    corp.state.faults.add(CREATE, "drop_before")
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    reconcile_due(now=NOW + SETTLED)
    batch.refresh_from_db()
    assert (batch.state, batch.resent) == ("ready", 1)
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW + SETTLED)
    assert asked(corp) == everybody_once()


def test_while_wecom_does_not_answer_the_question_stays_open(corp, batch):
    corp.state.faults.add(CREATE, "drop_after")
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    corp.state.faults.add(LIST, "http", 500, count=5)
    reconcile_due(now=NOW + SETTLED)
    batch.refresh_from_db()
    assert batch.state == "unknown"
    corp.state.faults.clear()
    reconcile_due(now=NOW + SETTLED + timedelta(minutes=2))
    batch.refresh_from_db()
    assert batch.state == "accepted"


def test_a_claim_whose_holder_died_becomes_unknown_and_is_settled(corp, batch):
    claimed = {"state": "submitting", "attempt": 1, "intent_at": NOW, "lease_until": later(60)}
    Batch.objects.filter(pk=batch.pk).update(**claimed)
    assert expire_leases(now=later(59)) == 0
    assert expire_leases(now=later(60)) == 1
    reconcile(batch_id=batch.pk, now=later(200))
    batch.refresh_from_db()
    assert (batch.state, batch.resent) == ("ready", 1)


def test_only_the_holder_of_the_attempt_may_write_its_outcome(corp, batch):
    claimed = {"state": "submitting", "attempt": 2, "intent_at": NOW, "lease_until": later(60)}
    Batch.objects.filter(pk=batch.pk).update(**claimed)
    assert not dispatch.record_acceptance(batch_id=batch.pk, attempt=1, msgid="old", now=NOW)
    assert dispatch.record_acceptance(batch_id=batch.pk, attempt=2, msgid="new", now=NOW)
    batch.refresh_from_db()
    assert batch.msgid == "new"


def test_another_part_with_the_same_words_is_not_mistaken_for_the_lost_one(corp, settings):
    rows.crew(corp, 1, per_head=4)
    settings.BROADCAST_BATCH_SIZE = 2
    rows.frozen()
    one, two = Batch.objects.order_by("seq")
    corp.state.faults.add(CREATE, "drop_before")
    dispatch.deliver_batch(batch_id=one.pk, now=NOW)
    corp.state.faults.add(CREATE, "drop_after")
    dispatch.deliver_batch(batch_id=two.pk, now=later(5))
    reconcile_due(now=later(200))
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.state, two.state) == ("ready", "accepted")
    dispatch.deliver_batch(batch_id=one.pk, now=later(300))
    assert asked(corp) == everybody_once()


def test_while_everything_fails_few_calls_are_made(corp):
    rows.crew(corp, 8, per_head=1)
    rows.frozen()
    corp.state.faults.add(CREATE, "errcode", -1, count=None)
    for second in range(10):
        rows.deliver_all(now=later(second))
    assert 3 <= corp.state.calls[CREATE] <= 4


def test_a_silence_settles_from_the_end_of_the_call(corp, batch):
    corp.state.settings.latency_seconds = 0.5
    corp.state.faults.add(CREATE, "drop_after")
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    batch.refresh_from_db()
    assert batch.state == "unknown"
    assert batch.not_before >= NOW + figures.settle() + timedelta(seconds=0.5)


FAULTS = {
    "dropped before": ("drop_before", 0),
    "dropped after acceptance": ("drop_after", 0),
    "500 before": ("http", 500),
    "500 after acceptance": ("http_after", 500),
    "garbage before": ("garbage", 0),
    "garbage after acceptance": ("garbage_after", 0),
    "system busy": ("errcode", -1),
    "too often": ("errcode", 45009),
    "too many at once": ("errcode", 45033),
    "token refused": ("errcode", 40014),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_the_answer_every_customer_gets_it_exactly_once(corp, fault):
    rows.crew(corp, 3, per_head=2)
    rows.frozen()
    kind, value = fault
    # Twice, because a token that is refused once is fetched again and forgiven.
    corp.state.faults.add(CREATE, kind, value, count=2)
    work(corp)
    assert asked(corp) == everybody_once()
    corp.state.confirm()
    corp.state.clock.set(later(8000))
    poll_due(now=later(8000))
    received = Counter(delivery.external_userid for delivery in corp.state.ledger())
    assert received == everybody_once()
    touched = Touch.objects.values_list("contact__external_userid", flat=True)
    assert Counter(list(touched)) == everybody_once()
    tick.settle(now=later(8000))
    assert Broadcast.objects.get().state == "finished"


def test_a_lost_message_costs_half_a_minute_and_nothing_else(corp, batch):
    assert dispatch.hand_out(now=NOW) == 1
    assert dispatch.hand_out(now=later(3)) == 0
    assert dispatch.hand_out(now=later(30)) == 1
    dispatch.deliver_batch(batch_id=batch.pk, now=later(31))
    assert dispatch.hand_out(now=later(90)) == 0
    assert asked(corp) == everybody_once()


def test_nothing_is_handed_over_at_night_nor_outside_the_window(corp, batch):
    for hours in (-2, 6, 10):
        dispatch.deliver_batch(batch_id=batch.pk, now=NOW + timedelta(hours=hours))
    assert not corp.state.tasks()


def test_what_fail_list_names_is_an_exception(corp, batch):
    gone = Recipient.objects.first()
    corp.state.unfollow_by_contact(batch.staff.userid, gone.external_userid)
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    gone.refresh_from_db()
    assert gone.result == "refused"
    assert Recipient.objects.exclude(result="").count() == 1


def test_a_stopped_broadcast_hands_nothing_over(corp, batch, operator):
    control.stop(broadcast=batch.broadcast, operator=operator, now=NOW)
    dispatch.deliver_batch(batch_id=batch.pk, now=NOW)
    assert not corp.state.tasks()
    batch.refresh_from_db()
    assert (batch.state, batch.is_final) == ("cancelled", True)
