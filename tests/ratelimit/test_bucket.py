"""Never over the limit in any window, and nearly all of it used, whoever asks."""

from __future__ import annotations

import multiprocessing
from bisect import bisect_left

import pytest
import redis

from scrm.ratelimit.bucket import SCRIPT, arguments, take
from scrm.ratelimit.limits import Limit, Window
from scrm.ratelimit.store import client

pytestmark = pytest.mark.usefixtures("empty_store")


@pytest.fixture
def empty_store():
    client().flushdb()


def _ask_for(seconds, limit, url, grants):
    """Ask without pause for `seconds` of the server's clock; put the times of the grants."""
    store = redis.Redis.from_url(url)
    keys, figures = arguments(limit, "api")
    times = []
    end = None
    while True:
        # One transaction, so that the time is the one the script saw.
        pipe = store.pipeline(transaction=True)
        pipe.eval(SCRIPT, len(keys), *keys, *figures)
        pipe.time()
        wait, (whole, part) = pipe.execute()
        now = whole + part / 1_000_000
        end = end or now + seconds
        if now >= end:
            break
        if wait == 0:
            times.append(now)
    grants.put(times)
    store.close()


def _worst(times, window):
    """The most grants in any stretch of `window` seconds."""
    return max(
        index - bisect_left(times, moment - window + 1e-6) + 1 for index, moment in enumerate(times)
    )


def _asked_by_processes(limit, settings, *, processes, seconds):
    context = multiprocessing.get_context("spawn")
    grants = context.SimpleQueue()
    asking = [
        context.Process(target=_ask_for, args=(seconds, limit, settings.REDIS_URL, grants))
        for _ in range(processes)
    ]
    for process in asking:
        process.start()
    times = sorted(moment for _ in asking for moment in grants.get())
    for process in asking:
        process.join()
    return times


def test_several_processes_together_stay_within_every_window_and_use_most_of_it(settings):
    limit = Limit("test", (Window(0.5, 40), Window(2, 120)))
    times = _asked_by_processes(limit, settings, processes=3, seconds=4.2)
    assert _worst(times, 0.5) <= 40
    assert _worst(times, 2) <= 120
    assert len(times) >= 0.85 * 120 * (times[-1] - times[0]) / 2


def test_a_refusal_says_how_long_to_wait_and_costs_nothing():
    limit = Limit("test", (Window(60, 2), Window(3600, 100)))
    assert [take(limit, "api"), take(limit, "api")] == [0, 0]
    assert all(0 < take(limit, "api") <= 63 for _ in range(200))
    assert take(limit, "another api") == 0


def test_waiting_as_told_is_enough_and_not_too_long():
    limit = Limit("test", (Window(0.2, 5),))
    while not (wait := take(limit, "api")):
        pass
    told = _server_time() + wait
    while take(limit, "api"):
        pass
    # Told before the time was read, so a little earlier is right as well.
    assert told - 0.1 <= _server_time()
    assert wait <= 0.21


def _server_time():
    seconds, microseconds = client().time()
    return seconds + microseconds / 1_000_000


def test_a_limit_without_windows_never_waits():
    assert take(Limit("free"), "api") == 0


def test_counts_leave_redis_when_their_window_is_over():
    limit = Limit("test", (Window(60, 2), Window(3600, 100)))
    take(limit, "api")
    lives = [client().ttl(key) for key in client().keys("limit:*")]
    assert sorted(lives) == [120, 7200]
