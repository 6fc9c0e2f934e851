"""States and constraints: the table of moves, and the database that repeats the promise."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError

from broadcasts.models import Batch, Broadcast, IllegalMove, Recipient, Touch
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db
State = Broadcast.State


def refuses(write):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def test_a_move_the_table_does_not_know_is_refused():
    spring = rows.broadcast(state="draft", scheduled_at=None)
    with pytest.raises(IllegalMove):
        spring.move_to(State.FINISHED, now=NOW)


def test_of_two_who_move_the_same_broadcast_one_loses():
    spring = rows.broadcast()
    stale = Broadcast.objects.get(pk=spring.pk)
    spring.move_to(State.STOPPED, now=NOW, stop_reason="operator")
    with pytest.raises(IllegalMove):
        stale.move_to(State.FREEZING, now=NOW)
    assert Broadcast.objects.get(pk=spring.pk).state == State.STOPPED


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "flying"},
        {"state": "finished"},
        {"state": "submitting"},
        {"finished_at": NOW},
        {"window_end": NOW - timedelta(hours=2)},
        {"holdout_percent": 51},
        {"state": "stopped", "finished_at": NOW},
    ],
)
def test_the_database_refuses_a_broadcast_that_contradicts_itself(columns):
    spring = rows.broadcast()
    refuses(lambda: Broadcast.objects.filter(pk=spring.pk).update(**columns))


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "flying"},
        {"state": "accepted", "intent_at": NOW},
        {"msgid": "m1"},
        {"state": "submitting", "intent_at": NOW},
        {"lease_until": NOW},
        {"state": "unknown"},
        {"is_final": True},
        {"size": 10_001},
        {"sent_count": 2},
    ],
)
def test_the_database_refuses_a_batch_that_contradicts_itself(columns):
    rows.customer(rows.staff())
    rows.frozen()
    refuses(lambda: Batch.objects.update(**columns))


def test_a_task_of_wecom_belongs_to_one_batch():
    for member in (rows.staff(), rows.staff()):
        rows.customer(member)
    rows.frozen()
    columns = {"state": "accepted", "msgid": "m1", "intent_at": NOW}
    refuses(lambda: Batch.objects.update(**columns))


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "flying"},
        {"reason": "cap"},
        {"batch_id": None},
        {"result": "eaten"},
    ],
)
def test_the_database_refuses_a_recipient_that_contradicts_itself(columns):
    rows.customer(rows.staff())
    spring = rows.frozen()
    refuses(lambda: Recipient.objects.filter(broadcast=spring).update(**columns))


def test_a_customer_is_touched_once_by_one_broadcast():
    person = rows.customer(rows.staff())
    spring = rows.frozen()
    rows.touch(person, broadcast=spring)
    refuses(lambda: rows.touch(person, broadcast=spring))
    rows.touch(person)
    rows.touch(person)


@pytest.mark.parametrize("change", [lambda all_: all_.update(at=NOW), lambda all_: all_.delete()])
def test_the_ledger_of_touches_only_grows(change):
    rows.touch(rows.customer(rows.staff()))
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        change(Touch.objects.all())
