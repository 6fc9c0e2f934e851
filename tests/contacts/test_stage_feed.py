"""Readers of stage changes miss none, whatever commits when."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from contacts.models import LifecycleTransition, StageReader
from contacts.services.stage_feed import read_changes, start_reading
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def move(person, to="silent"):
    return LifecycleTransition.objects.create(
        contact=person, from_stage="new", to_stage=to, at=NOW, reason="never_bought"
    )


def read(seen):
    return read_changes(name="journeys", handle=seen.extend, now=NOW)


def read_until(seen, number):
    """Also a transaction of another database on the same server may hold changes back."""
    until(lambda: read(seen) == 0 and len(seen) >= number, what=f"the {number} changes")


def is_behind_all(change):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT txid < txid_snapshot_xmin(txid_current_snapshot())"
            " FROM contacts_lifecycletransition WHERE id = %s",
            [change.pk],
        )
        return cursor.fetchone()[0]


def test_changes_come_once_and_in_order_and_older_ones_not_at_all():
    person = rows.contact()
    older = move(person)
    until(lambda: is_behind_all(older), what="everybody else who was writing to end")
    start_reading(name="journeys", now=NOW)
    first, second = move(person), move(person, "lost")
    seen = []
    read_until(seen, 2)
    assert [change.pk for change in seen] == [first.pk, second.pk]
    assert read(seen) == 0
    start_reading(name="journeys", now=NOW)  # starting again does not go back
    third = move(person)
    read_until(seen, 3)
    assert [change.pk for change in seen] == [first.pk, second.pk, third.pk]


def test_a_change_whose_transaction_ends_late_is_not_missed():
    person = rows.contact()
    start_reading(name="journeys", now=NOW)
    written, may_commit = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                move(person, "first")
                written.set()
                may_commit.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    move(person, "lost")  # a later id, committed first
    seen = []
    read(seen)
    assert seen == []
    may_commit.set()
    thread.join()
    read_until(seen, 2)
    assert [change.to_stage for change in seen] == ["first", "lost"]


def test_what_a_handler_could_not_finish_comes_again():
    person = rows.contact()
    start_reading(name="journeys", now=NOW)
    move(person)

    def fails(changes):
        StageReader.objects.create(name="half done", txid=0, updated_at=NOW)
        raise ArithmeticError

    def has_failed():
        try:
            return read_changes(name="journeys", handle=fails, now=NOW)
        except ArithmeticError:
            return True

    until(has_failed)
    assert not StageReader.objects.filter(name="half done").exists()
    read_until([], 1)


def test_a_reader_that_never_started_is_told_so():
    with pytest.raises(StageReader.DoesNotExist):
        read([])
