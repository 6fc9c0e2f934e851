"""Call limits over many processes: never passed in any window, nearly all used, and at what price.

First the grants alone: processes ask as fast as they can, our sliding windows against the usual
counter per window, and against a bare INCR as the most that Redis grants in a second. Then whole
calls through the gateway to the pretend WeCom, which counts them as they arrive; half of the
processes have clocks that are wrong by a second. Exit 1 when a window was passed or less than 95 %
of the limit was used.

Run: `python -m bench.limits`; in full, as WeCom has it,
`python -m bench.limits --calls 10000 --window 60 --rounds 15`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from bisect import bisect_left
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from typing import Any

from bench._hammer import API, Orders, hammered
from bench._redis import throw_away_redis
from scrm.simulator.corp import Corp
from scrm.simulator.server import Server

PARALLEL = 4
HOUR = (3600.0, 150_000)
PRICE_SECONDS = 1.5
LEAST_USED = 0.95
# The usual counter: one key for each window, whose clock all processes share.
_FIXED = """
local clock = redis.call('TIME')
local key = KEYS[1] .. math.floor((clock[1] + clock[2] / 1000000) / ARGV[1])
if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[2]) then return 1 end
redis.call('INCR', key)
redis.call('EXPIRE', key, 120)
return 0
"""
Ask = Callable[[], Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--window", type=float, default=2.0)
    parser.add_argument("--rounds", type=float, default=2.2)
    parser.add_argument("--processes", type=int, default=8)
    asked = parser.parse_args()
    seconds = asked.window * asked.rounds
    with throw_away_redis():
        _price(asked.processes)
        _grants(asked, min(seconds, 5.0))
        with Server(Corp()) as server:
            return _gateway(server, asked, seconds)


def _price(processes: int) -> None:
    """Grants a second of both windows against a bare INCR, all processes asking."""
    bare = _asked("bare", processes, PRICE_SECONDS, 0, 1.0)
    ours = _asked("ours", processes, PRICE_SECONDS, 10**9, 60.0)
    rates = [len(times) / PRICE_SECONDS for times in (bare, ours)]
    print(
        f"grants a second, {processes} processes: both windows {rates[1]:,.0f},"
        f" a bare INCR {rates[0]:,.0f}; ratio {rates[1] / rates[0]:.2f}"
    )


def _grants(asked: argparse.Namespace, seconds: float) -> None:
    """The worst window of our way and of the usual one, asked without pause."""
    window = min(asked.window, 1.0)
    calls = max(1, int(asked.calls * window / asked.window))
    for name, words in (("fixed", "counter per window"), ("ours", "sliding windows")):
        times = _asked(name, min(3, asked.processes), seconds, calls, window)
        print(f"{words}: worst of any {window:g} s {_worst(times, window) / calls:.3f} × the limit")


def _gateway(server: Server, asked: argparse.Namespace, seconds: float) -> int:
    windows = ((asked.window, asked.calls - PARALLEL), HOUR)
    skews = [(-1.0, 0.0, 1.0, 0.0)[number % 4] for number in range(asked.processes)]
    done = hammered(Orders(f"{server.url}/cgi-bin/", windows, PARALLEL, seconds), skews=skews)
    worst = server.corp.limits.worst(API, asked.window) / asked.calls
    refused = sum(server.corp.calls.refusals.values())
    print(
        f"through the gateway, {asked.processes} processes, {asked.calls:,} in {asked.window:g} s:"
        f" {done:,} calls in {seconds:.1f} s, {refused} refused"
    )
    print(f"worst of any window as it arrived: {worst:.3f} × the limit")
    return int(worst > 1 or worst < LEAST_USED or refused > 0)


def _asked(how: str, processes: int, seconds: float, calls: int, window: float) -> list[float]:
    """The times of all grants on Redis' clock, in order."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench._ready"])
    results: SimpleQueue[list[float]] = context.SimpleQueue()
    ready = context.Barrier(processes)
    arguments = (how, calls, window, seconds, os.environ["REDIS_URL"], ready, results)
    asking = [context.Process(target=_ask, args=arguments) for _each in range(processes)]
    for process in asking:
        process.start()
    times = sorted(moment for _each in asking for moment in results.get())
    for process in asking:
        process.join()
    return times


def _ask(how, calls, window, seconds, url, ready, results):  # type: ignore[no-untyped-def]
    import redis

    store = redis.Redis.from_url(url)
    grant = _asking(store, how, calls, window)
    times: list[float] = []
    ready.wait(30)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if grant():
            whole, part = store.time() if how in ("ours", "fixed") and calls < 10**9 else (0, 0)
            times.append(whole + part / 1_000_000)
    results.put(times)
    store.close()


def _asking(store: Any, how: str, calls: int, window: float) -> Ask:
    from scrm.ratelimit import counting
    from scrm.ratelimit.bucket import Charge, arguments
    from scrm.ratelimit.limits import Limit, Window

    if how == "bare":
        return lambda: store.incr("bare")
    if how == "fixed":
        fixed = store.register_script(_FIXED)
        return lambda: not fixed(["fixed:"], [window, calls])
    limit = Limit("bench", windows=(Window(window, calls), Window(3600, 10**9)))
    reserve = store.register_script(counting.RESERVE)
    keys, figures = arguments([Charge(limit, "api")])
    return lambda: not reserve(keys, figures)[1]


def _worst(times: list[float], window: float) -> int:
    return max(
        (
            place - bisect_left(times, moment - window + 1e-6) + 1
            for place, moment in enumerate(times)
        ),
        default=0,
    )


if __name__ == "__main__":
    sys.exit(main())
