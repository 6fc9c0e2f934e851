"""Never more at once than there are slots, and no slot lost with its holder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

from scrm.ratelimit.limits import Limit
from scrm.ratelimit.slots import NoSlot, slot
from scrm.ratelimit.store import client

TWO = Limit("test", parallel=2)


@pytest.fixture(autouse=True)
def _empty_store():
    client().flushdb()


def test_no_more_run_at_once_than_there_are_slots():
    running, worst, lock = 0, 0, Lock()

    def work(_number):
        nonlocal running, worst
        with slot(TWO, "api", patience=20, lease=30):
            with lock:
                running += 1
                worst = max(worst, running)
            client().time()
            with lock:
                running -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(60)))
    assert worst == 2
    assert client().zcard("slots:{test:api}") == 0


def test_who_finds_no_slot_in_time_is_told_so():
    with slot(TWO, "api", patience=0, lease=30), slot(TWO, "api", patience=0, lease=30):
        with pytest.raises(NoSlot), slot(TWO, "api", patience=0.05, lease=30):
            pass
        with slot(TWO, "another api", patience=0, lease=30):
            pass
    with slot(TWO, "api", patience=0, lease=30):
        pass


def test_the_slot_of_a_dead_holder_runs_out():
    one = Limit("test", parallel=1)
    dead = slot(one, "api", patience=0, lease=0.2)
    dead.__enter__()
    with slot(one, "api", patience=5, lease=30):
        assert client().zcard("slots:{test:api}") == 1


def test_a_failing_block_gives_its_slot_back():
    with pytest.raises(RuntimeError), slot(TWO, "api", patience=0, lease=30):
        raise RuntimeError
    assert client().zcard("slots:{test:api}") == 0


def test_a_limit_without_parallel_figure_needs_no_slot():
    with slot(Limit("free"), "api", patience=0, lease=1):
        assert client().dbsize() == 0
