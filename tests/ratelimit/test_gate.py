"""A failing API is left alone, one that told us to wait is waited for, a crowded one is thinned."""

from __future__ import annotations

import os
import signal

import pytest

from scrm.ratelimit import gate
from scrm.ratelimit.gate import Gate, Held, Outcome, Pauses
from scrm.ratelimit.limits import Limit
from scrm.ratelimit.slots import NoSlot
from scrm.ratelimit.store import client

FOUR = Limit("test", parallel=4)
PAUSES = Pauses(trouble=10, trouble_most=30, told=60, told_most=300, crowded=60)


@pytest.fixture(autouse=True)
def _empty_store():
    client().flushdb()


@pytest.fixture
def api():
    return Gate(FOUR, PAUSES)


def _call(api, outcome=Outcome.FINE, why="", window=0.0, subject="api"):
    """One call behind the gate; gives the seconds the gate is closed for afterwards."""
    with api.enter(subject, patience=0, lease=30) as passage:
        passage.calls = 1
        passage.outcome, passage.why, passage.window = outcome, why, window
    return passage.closed_for


def _pass_time(subject="api"):
    """The pause is over."""
    client().hset(f"gate:{{test}}:{subject}", "until", 1)


class TestTrouble:
    def test_three_failures_in_a_row_close_the_gate(self, api):
        assert [_call(api, Outcome.TROUBLE, "HTTP 500") for _ in range(3)] == [0, 0, 10]
        with pytest.raises(Held) as caught:
            _call(api)
        assert 9 < caught.value.seconds <= 10
        assert caught.value.why == "HTTP 500"

    def test_one_answer_in_between_forgives(self, api):
        for outcome in (Outcome.TROUBLE, Outcome.TROUBLE, Outcome.FINE) * 3:
            assert _call(api, outcome) == 0

    def test_long_trouble_does_not_lengthen_the_first_wait_that_is_told(self, api):
        for _ in range(6):
            _call(api, Outcome.TROUBLE)
            _pass_time()
        assert _call(api, Outcome.TOLD) == PAUSES.told

    def test_an_answer_to_a_call_from_before_the_failure_forgives_nothing(self, api):
        _call(api, Outcome.TROUBLE)
        with api.enter("api", patience=0, lease=30) as slow:
            slow.calls = 1
            _call(api, Outcome.TROUBLE)
        assert _call(api, Outcome.TROUBLE) == 10

    def test_after_the_pause_one_call_tries_and_each_failure_doubles_the_pause(self, api):
        for _ in range(3):
            _call(api, Outcome.TROUBLE)
        pauses = []
        for _ in range(3):
            _pass_time()
            with api.enter("api", patience=0, lease=30) as trying:
                with pytest.raises(NoSlot):
                    _call(api)
                trying.calls, trying.outcome = 1, Outcome.TROUBLE
            pauses.append(trying.closed_for)
        assert pauses == [20, 30, 30]

    def test_the_call_that_tries_opens_the_gate_again_when_it_succeeds(self, api):
        for _ in range(3):
            _call(api, Outcome.TROUBLE)
        _pass_time()
        _call(api)
        with api.enter("api", patience=0, lease=30), api.enter("api", patience=0, lease=30):
            assert client().zcard("slots:{test:api}") == 2

    def test_a_first_failure_lets_in_no_more_than_what_is_left_of_three(self, api):
        _call(api, Outcome.TROUBLE)
        first, second = (api.enter("api", patience=0, lease=30) for _ in range(2))
        with first, second, pytest.raises(NoSlot):
            _call(api)

    def test_calls_that_were_never_made_tell_nothing(self, api):
        for _ in range(5):
            with api.enter("api", patience=0, lease=30) as passage:
                passage.outcome = Outcome.TROUBLE
        assert gate.closed(FOUR) == []
        assert gate.counted(FOUR) == []

    def test_the_trouble_of_one_api_is_not_another_s(self, api):
        for _ in range(3):
            _call(api, Outcome.TROUBLE)
        _call(api, subject="another api")
        assert [one.subject for one in gate.closed(FOUR)] == ["api"]

    def test_an_operator_may_open_it_early(self, api):
        for _ in range(3):
            _call(api, Outcome.TROUBLE)
        gate.open_again(FOUR, "api")
        assert gate.closed(FOUR) == []
        _call(api)


class TestBeingToldToWait:
    def test_it_closes_at_once_and_each_time_again_for_twice_as_long(self, api):
        pauses = []
        for _ in range(4):
            pauses.append(_call(api, Outcome.TOLD, "45009"))
            _pass_time()
        assert pauses == [60, 120, 240, 300]

    def test_calls_under_way_do_not_make_it_longer(self, api):
        with api.enter("api", patience=0, lease=30) as late:
            _call(api, Outcome.TOLD)
            late.calls, late.outcome = 1, Outcome.TOLD
        assert 59 < late.closed_for <= 60

    def test_a_late_success_does_not_open_it(self, api):
        with api.enter("api", patience=0, lease=30) as late:
            _call(api, Outcome.TOLD)
            late.calls = 1
        with pytest.raises(Held):
            _call(api)

    def test_a_known_window_is_waited_for(self, api):
        assert _call(api, Outcome.TOLD, window=3600) == 3600
        [closed] = gate.closed(FOUR)
        assert 3599 < closed.seconds <= 3600
        assert client().ttl("gate:{test}:api") >= 3600

    def test_it_outweighs_a_pause_for_trouble(self, api):
        with api.enter("api", patience=0, lease=30) as late:
            _call(api, Outcome.TROUBLE)
            _call(api, Outcome.TROUBLE)
            late.calls, late.outcome = 1, Outcome.TROUBLE
        assert late.closed_for == 10
        _pass_time()
        assert _call(api, Outcome.TOLD) >= 60


class TestTooManyAtOnce:
    def test_the_slots_are_halved_until_one_is_left(self, api):
        for places in (2, 1, 1):
            _call(api, Outcome.CROWDED)
            _call(api)  # answers again, so that it is not in trouble
            assert client().hget("gate:{test}:api", "places") == b"%d" % places
        with api.enter("api", patience=0, lease=30), pytest.raises(NoSlot):
            _call(api)

    def test_after_a_while_all_slots_are_back(self, api):
        _call(api, Outcome.CROWDED)
        _call(api)
        client().hset("gate:{test}:api", "fewer_until", 1)
        stays = [api.enter("api", patience=0, lease=30) for _ in range(4)]
        for stay in stays:
            stay.__enter__()
        for stay in stays:
            stay.__exit__(None, None, None)

    def test_lasting_crowds_close_the_gate_like_any_trouble(self, api):
        assert [_call(api, Outcome.CROWDED) for _ in range(3)] == [0, 0, 10]


def test_calls_are_counted_by_the_hour(api):
    _call(api)
    _call(api, Outcome.TROUBLE)
    _call(api, subject="another api")
    found = {(one.subject, one.calls, one.failed) for one in gate.counted(FOUR)}
    assert found == {("api", 2, 1), ("another api", 1, 0)}
    [hour] = client().keys("calls:{test}:*")
    assert 24 * 3600 < client().ttl(hour) <= 25 * 3600


def test_the_slot_of_a_dead_holder_runs_out(api):
    one = Gate(Limit("test", parallel=1))
    dead = one.enter("api", patience=0, lease=0.2)
    dead.__enter__()
    with one.enter("api", patience=5, lease=30):
        assert client().zcard("slots:{test:api}") == 1


def test_the_slot_of_a_killed_process_is_free_at_once(api):
    one = Gate(Limit("test", parallel=1))
    child = os.fork()
    if child == 0:
        held = one.enter("api", patience=5, lease=300)
        held.__enter__()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert client().zcard("slots:{test:api}") == 1
    with one.enter("api", patience=5, lease=30):
        assert client().zcard("slots:{test:api}") == 1


def test_single_subjects_may_have_fewer_slots(api):
    few = Gate(Limit("test", parallel=4, fewer=(("api", 1),)))
    with few.enter("api", patience=0, lease=30), pytest.raises(NoSlot):
        few.enter("api", patience=0, lease=30).__enter__()
    with few.enter("another api", patience=0, lease=30):
        few.enter("another api", patience=0, lease=30).__enter__()


def test_midnight_is_shanghai_s():
    assert gate.until_midnight(57_600 - 30) == 30
    assert gate.until_midnight(57_600) == 86_400
