"""Stored events reach their handler: in order for each subject, again after failure, never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import OperationalError, connection

from scrm import wecom
from scrm.console.models import Operator
from scrm.ratelimit.store import RedisError
from scrm.ratelimit.store import client as redis
from scrm.wecom.callback import drain, inbox, registry
from scrm.wecom.callback.envelope import read_message
from scrm.wecom.models import CallbackEvent
from scrm.wecom.schedule import SCHEDULE
from scrm.wecom.tasks import clear_callbacks, drain_callbacks
from tests import build
from tests.wecom.letters import ADDRESS, event

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
State = CallbackEvent.State


class Recorder:
    """A handler that remembers, and does on the way what a test wants of it."""

    def __init__(self):
        self.seen = []
        self.act = lambda event: None

    def __call__(self, event, /, *, now):
        self.act(event)
        self.seen.append(event.fields["Number"])


recorder = Recorder()
registry.handler("test.inbox", "handled")(recorder)


@pytest.fixture(autouse=True)
def _fresh_start():
    recorder.__init__()
    redis().flushdb()


def _store(**fields):
    """Keep one event for the recorder; gives its row."""
    body = event("test.inbox", "handled", **fields)
    assert inbox.store(read_message(body), body, now=NOW)
    return CallbackEvent.objects.latest("pk")


def _number(row):
    return read_message(row.body).fields["Number"]


def _drain(now=NOW):
    while drain.handle_next(now=now):
        pass


@pytest.mark.django_db
class TestOneWorker:
    def test_a_handled_event_is_done(self):
        row = _store(ExternalUserID="wm-1")
        assert drain.handle_next(now=NOW)
        assert not drain.handle_next(now=NOW)
        row.refresh_from_db()
        assert (row.state, row.handled_at, row.attempts) == (State.DONE, NOW, 0)
        assert recorder.seen == [_number(row)]

    def test_an_event_without_handler_is_kept_and_ignored(self):
        body = event("event_of_tomorrow")
        inbox.store(read_message(body), body, now=NOW)
        _drain()
        assert CallbackEvent.objects.get().state == State.IGNORED

    def test_events_are_handled_in_the_order_they_came(self):
        rows = [_store(ExternalUserID="wm-1") for _ in range(5)]
        _drain()
        assert recorder.seen == [_number(row) for row in rows]

    def test_behind_a_failing_event_its_subject_waits_and_others_go_on(self):
        first, second = _store(ExternalUserID="wm-1"), _store(ExternalUserID="wm-1")
        other, nobody = _store(ExternalUserID="wm-2"), _store()
        recorder.act = _fail_for(_number(first))
        _drain()
        assert recorder.seen == [_number(other), _number(nobody)]
        recorder.act = lambda event: None
        _drain(NOW + timedelta(seconds=9))
        assert len(recorder.seen) == 2
        _drain(NOW + timedelta(seconds=10))
        assert recorder.seen[2:] == [_number(first), _number(second)]

    def test_what_a_failing_handler_wrote_is_undone(self):
        _store()

        def write_and_fail(_event):
            build.operator(username="half-way")
            raise RuntimeError("in the middle\0")

        recorder.act = write_and_fail
        _drain()
        assert not Operator.objects.filter(username="half-way").exists()
        row = CallbackEvent.objects.get()
        assert (row.attempts, row.error) == (1, "RuntimeError: in the middle")

    def test_a_handler_that_breaks_its_transaction_fails_like_any_other(self):
        _store()

        def broken_sql(_event):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")

        recorder.act = broken_sql
        _drain()
        assert CallbackEvent.objects.get().error.startswith("DataError")

    def test_the_pauses_double_and_the_eighth_failure_is_the_last(self):
        row = _store()
        recorder.act = _fail_for(_number(row))
        now, pauses = NOW, []
        for _ in range(7):
            assert drain.handle_next(now=now)
            row.refresh_from_db()
            assert row.state == State.NEW
            pauses.append((row.due_at - now).total_seconds())
            now = row.due_at
        assert pauses == [10, 20, 40, 80, 160, 320, 640]
        assert drain.handle_next(now=now)
        row.refresh_from_db()
        assert (row.state, row.attempts, row.handled_at) == (State.FAILED, 8, now)
        assert "no luck" in row.error

    def test_wecoms_own_pause_is_kept(self):
        row = _store()
        recorder.act = _raise(wecom.RateLimited(45009, "", "x", retry_after=300))
        _drain()
        row.refresh_from_db()
        assert row.due_at == NOW + timedelta(seconds=300)

    @pytest.mark.parametrize(
        "error",
        [
            wecom.RateLimited(45009, "", "x", retry_after=7),
            wecom.Busy(45033, "", "x"),
            wecom.NotConnected(0, "", "x"),
            RedisError("away"),
            OperationalError("the server closes"),
        ],
    )
    def test_an_outage_of_days_uses_no_attempt_up(self, error):
        row = _store()
        recorder.act = _raise(error)
        now = NOW
        while now < NOW + timedelta(hours=40):
            assert drain.handle_next(now=now)
            row.refresh_from_db()
            assert timedelta(0) < row.due_at - now <= timedelta(minutes=5)
            now = row.due_at
        assert (row.state, row.attempts) == (State.NEW, 0)
        assert row.waits > 400
        recorder.act = lambda event: None
        _drain(now)
        row.refresh_from_db()
        assert (row.state, row.error, row.hint) == (State.DONE, "", "")

    def test_an_error_of_wecom_keeps_its_advice(self):
        row = _store()
        recorder.act = _raise(wecom.NotConnected(0, "", "x"))
        _drain()
        row.refresh_from_db()
        assert "cannot be reached" in row.hint

    def test_what_is_put_off_for_ever_ends_as_failed_after_all(self):
        row = _store()
        recorder.act = _raise(wecom.NotConnected(0, "", "x"))
        CallbackEvent.objects.update(waits=drain.MAX_WAITS)
        now = NOW
        for _ in range(drain.MAX_ATTEMPTS):
            drain.handle_next(now=now)
            row.refresh_from_db()
            now = row.due_at
        assert row.state == State.FAILED

    def test_a_handler_that_must_wait_is_asked_again_at_its_time(self):
        row = _store(ExternalUserID="wm-1")
        recorder.act = _raise(registry.NotYet(NOW + timedelta(seconds=2)))
        _drain()
        row.refresh_from_db()
        assert (row.due_at, row.attempts, row.waits) == (NOW + timedelta(seconds=2), 0, 0)
        recorder.act = lambda event: None
        _drain(NOW + timedelta(seconds=2))
        assert recorder.seen == [_number(row)]

    def test_while_wecom_is_away_for_all_one_event_asks(self):
        rows = [_store() for _ in range(20)]
        recorder.act = _raise(wecom.NotConnected(0, "", "x"))
        assert [drain.drain(clock=lambda: NOW, seconds=30) for _ in range(4)] == [1, 0, 0, 0]
        redis().flushdb()  # five seconds later
        recorder.act = lambda event: None
        assert drain.drain(clock=lambda: NOW, seconds=30) == len(rows) - 1

    def test_one_unreadable_answer_stops_nobody_three_in_a_row_do(self):
        rows = [_store() for _ in range(9)]
        unclear = wecom.OutcomeUnknown(0, "", "x")
        unclear.retryable = True
        recorder.act = _raise(unclear, only={_number(rows[0]), _number(rows[1])})
        assert drain.drain(clock=lambda: NOW, seconds=30) == 9
        assert len(recorder.seen) == 7
        for _ in range(5):
            _store()
        recorder.act = _raise(unclear)
        assert drain.drain(clock=lambda: NOW, seconds=30) == 3

    def test_a_failed_event_can_be_replayed(self):
        row = _store()
        CallbackEvent.objects.update(
            state=State.FAILED, attempts=8, waits=3, handled_at=NOW, error="no luck"
        )
        later = NOW + timedelta(days=1)
        assert inbox.replay(ids=[row.pk], now=later) == 1
        _drain(later)
        row.refresh_from_db()
        assert (row.state, row.attempts, row.error) == (State.DONE, 0, "")

    def test_replaying_leaves_waiting_events_alone(self):
        row = _store()
        assert inbox.replay(ids=[row.pk], now=NOW + timedelta(days=1)) == 0
        row.refresh_from_db()
        assert row.due_at == NOW

    def test_the_task_drains_what_is_due(self):
        row = _store()
        drain_callbacks(of_a_newer_release=True)
        row.refresh_from_db()
        assert row.state == State.DONE
        assert SCHEDULE["drain-callbacks"]["task"] == drain_callbacks.name


@pytest.mark.django_db
class TestClearing:
    def _aged(self, state, days):
        row = _store()
        CallbackEvent.objects.filter(pk=row.pk).update(
            state=state,
            received_at=NOW - timedelta(days=days),
            handled_at=None if state == State.NEW else NOW,
        )
        return row.pk

    def test_only_what_ended_well_a_month_ago_is_removed(self):
        gone = {self._aged(State.DONE, 31), self._aged(State.IGNORED, 31)}
        kept = {
            self._aged(State.DONE, 29),
            self._aged(State.FAILED, 400),
            self._aged(State.NEW, 400),
        }
        assert inbox.clear(now=NOW) == len(gone)
        assert set(CallbackEvent.objects.values_list("pk", flat=True)) == kept
        assert inbox.clear(now=NOW) == 0

    def test_the_task_clears_every_portion(self):
        self._aged(State.DONE, 3650)
        clear_callbacks(of_a_newer_release=True)
        assert not CallbackEvent.objects.exists()
        assert SCHEDULE["clear-callbacks"]["task"] == clear_callbacks.name


@pytest.mark.django_db(transaction=True)
class TestManyWorkers:
    def _work(self, _number):
        try:
            _drain()
        finally:
            connection.close()

    def test_each_event_is_handled_once_and_each_subject_in_order(self):
        rows = [_store(ExternalUserID=f"wm-{number % 3}") for number in range(45)]
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(self._work, range(5)))
        _drain()
        assert sorted(recorder.seen) == sorted(_number(row) for row in rows)
        for subject in range(3):
            expected = [_number(row) for row in rows[subject::3]]
            assert [number for number in recorder.seen if number in set(expected)] == expected

    def test_while_one_works_on_a_subject_nobody_else_does(self):
        first, second = _store(ExternalUserID="wm-1"), _store(ExternalUserID="wm-1")
        inside, leave = Barrier(2, timeout=20), Barrier(2, timeout=20)

        def hold_first(event):
            if event.fields["Number"] == _number(first):
                inside.wait()
                leave.wait()

        recorder.act = hold_first
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(self._work, 0)
            inside.wait()
            assert not drain.handle_next(now=NOW)
            leave.wait()
            held.result()
        assert recorder.seen == [_number(first), _number(second)]

    def test_the_event_of_a_worker_that_dies_is_taken_up_again_after_a_pause(self):
        row, other = _store(ExternalUserID="wm-1"), _store()
        recorder.act = _die
        with pytest.raises(KeyboardInterrupt):
            drain.handle_next(now=NOW)
        row.refresh_from_db()
        assert (row.state, row.attempts) == (State.NEW, 1)
        recorder.act = lambda event: None
        _drain()
        assert recorder.seen == [_number(other)]
        _drain(NOW + drain.LEASE)
        row.refresh_from_db()
        assert (row.state, row.attempts) == (State.DONE, 1)

    def test_an_event_that_kills_every_worker_ends_as_failed(self):
        row = _store()
        recorder.act = _die
        now = NOW
        for _ in range(drain.MAX_ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                drain.handle_next(now=now)
            now += drain.LEASE
        assert drain.handle_next(now=now)
        row.refresh_from_db()
        assert (row.state, row.attempts) == (State.FAILED, 8)
        assert "worker" in row.error

    def test_a_lease_that_ran_out_gives_nobody_what_is_still_worked_on(self):
        _store()
        inside, leave = Barrier(2, timeout=20), Barrier(2, timeout=20)

        def hold(_event):
            inside.wait()
            leave.wait()

        recorder.act = hold
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(self._work, 0)
            inside.wait()
            assert not drain.handle_next(now=NOW + 2 * drain.LEASE)
            leave.wait()
            held.result()
        assert len(recorder.seen) == 1

    def test_copies_that_come_at_once_leave_one_row_each(self, live_server, corp):
        corp.state.callbacks.url = f"{live_server.url}{ADDRESS}"
        corp.state.callbacks.duplicate = 5
        corp.state.callbacks.parallel = 8
        corp.state.add_staff("zhangwei")
        people = [f"wm-{number}" for number in range(4)]
        for person in people:
            corp.state.add_contact(person, "小雨")
            corp.state.follow("zhangwei", person, callback=True)
        assert corp.state.callbacks.settle()
        assert corp.state.callbacks.delivered_count == 5 * len(people)
        kept = CallbackEvent.objects.values_list("change_type", "order_key")
        assert sorted(kept) == [("add_external_contact", person) for person in people]


def _fail_for(number):
    def act(event):
        if event.fields["Number"] == number:
            raise RuntimeError("no luck")

    return act


def _raise(error, only=None):
    def act(event):
        if only is None or event.fields["Number"] in only:
            raise error

    return act


def _die(_event):
    raise KeyboardInterrupt
