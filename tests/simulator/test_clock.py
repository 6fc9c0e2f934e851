from datetime import UTC, datetime, timedelta

import pytest

from scrm.simulator.clock import Clock


class Wall:
    def __init__(self):
        self.seconds = 1_000_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def clock(wall):
    return Clock(wall)


def test_time_goes_on_after_it_was_set(clock, wall):
    clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    wall.seconds += 5
    assert clock.now() == datetime(2026, 6, 1, 0, 0, 5, tzinfo=UTC)


def test_time_can_be_fast_or_stand_still(clock, wall):
    start = clock.timestamp()
    clock.speed = 60
    wall.seconds += 10
    assert clock.timestamp() == start + 600
    clock.speed = 0
    wall.seconds += 10
    assert clock.timestamp() == start + 600


def test_deadlines_run_at_real_pace_but_jumps_count(clock, wall):
    start = clock.steady()
    clock.speed = 60
    wall.seconds += 10
    assert clock.steady() == start + 10
    clock.advance(timedelta(hours=1))
    assert clock.steady() == start + 3610
    clock.set(datetime(1970, 1, 2, tzinfo=UTC))
    assert clock.steady() == start + 3610


def test_a_restart_does_not_stop_time(clock, wall):
    clock.speed = 60
    clock.advance(timedelta(days=1))
    wall.seconds += 10
    other = Clock(wall)
    other.restore(clock.state())
    assert other.timestamp() == clock.timestamp()


def test_senseless_times_are_refused(clock):
    with pytest.raises(ValueError, match="backwards"):
        clock.speed = -1
    with pytest.raises(ValueError, match="time zone"):
        clock.set(datetime(2026, 6, 1))  # noqa: DTZ001
