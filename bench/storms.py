"""Every kind of failure alone at 100 % for a while: how many calls it costs, how soon all is done.

Processes have calls to make through the real gateway and come back as soon as they are told to,
or sooner, with as many slots as the API has that broadcasts are handed over by. For each kind of
failure: the calls that arrived while it lasted; the worst count in any stretch as long as the
first pause (at most 3, those under way when it began and the try of a fresh token included); the
tokens that were fetched anew (at most 1); and the time from its end until all calls were made.

Run: `python -m bench.storms`, with pauses of half a second instead of ten; in full
`python -m bench.storms --seconds 60 --pause 10`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue

from bench._redis import throw_away_redis
from scrm.simulator.corp import Corp
from scrm.simulator.limits import worst_of
from scrm.simulator.server import Server

PROCESSES, CALLS_EACH = 4, 25
SLOTS = 2  # of externalcontact/add_msg_template
MOST = 3
API = "externalcontact/get_corp_tag_list"
STORMS = (
    ("-1 system busy", "errcode", -1),
    ("45009 too often", "errcode", 45009),
    ("45033 too many at once", "errcode", 45033),
    ("40014 token invalid", "errcode", 40014),
    ("42001 token expired", "errcode", 42001),
    ("HTTP 500", "http", 500),
    ("time-out", "slow", 0),
    ("malformed", "garbage", 0),
)


@dataclass(frozen=True)
class Orders:
    """What each process is to do. `pause`: the first one after failures, in seconds."""

    api: str
    pause: float
    total: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.2)
    parser.add_argument("--pause", type=float, default=0.4)
    asked = parser.parse_args()
    missed = 0
    with throw_away_redis():
        print(f"{'failure':24}{'calls':>6}{'worst':>8}{'tokens':>8}{'all done after':>16}")
        for words, kind, value in STORMS:
            with Server(Corp()) as server:
                missed += _storm(server, asked, words, (kind, value))
    return int(missed > 0)


def _storm(server: Server, asked: argparse.Namespace, words: str, fault: tuple[str, float]) -> bool:
    from scrm.ratelimit.store import client

    client().flushdb()
    # As long as in the product, or as much shorter as the pause.
    orders = Orders(f"{server.url}/cgi-bin/", asked.pause, total=1.5 * min(asked.pause, 10))
    corp = server.corp
    kind, value = fault
    corp.faults.add(API, kind, value or 1.2 * orders.total, count=None)
    processes, results = _started(orders)
    while not corp.limits.knocks(API):
        time.sleep(0.01)
    time.sleep(asked.seconds)
    corp.faults.clear()
    over = time.monotonic()
    during = corp.limits.knocks(API)
    made = sum(results.get() for _each in processes)
    done = time.monotonic() - over
    for process in processes:
        process.join()
    worst = worst_of(during, asked.pause)
    tokens = max(0, corp.calls["gettoken"] - 1)  # the first one is no refresh
    print(f"{words:24}{len(during):6}{worst:8}{tokens:8}{done:14.1f} s", flush=True)
    return worst > MOST or tokens > 1 or made != PROCESSES * CALLS_EACH


def _started(
    orders: Orders,
) -> tuple[list[multiprocessing.process.BaseProcess], SimpleQueue[int]]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench._ready"])
    results: SimpleQueue[int] = context.SimpleQueue()
    arguments = (orders, os.environ["REDIS_URL"], results)
    processes = [context.Process(target=_work, args=arguments) for _each in range(PROCESSES)]
    for process in processes:
        process.start()
    return list(processes), results


def _work(orders: Orders, redis_url: str, results: SimpleQueue[int]) -> None:
    from django.conf import settings

    from scrm.ratelimit.gate import Pauses
    from scrm.ratelimit.limits import Limit, Window
    from scrm.wecom import WeComError
    from scrm.wecom.quotas import LIMIT_NAME
    from scrm.wecom.transport import Patience, Transport

    settings.REDIS_URL = redis_url
    pause, total = orders.pause, orders.total
    transport = Transport(
        corp_id=settings.WECOM_CORP_ID,
        secret=settings.WECOM_SECRET,
        base_url=orders.api,
        limit=Limit(LIMIT_NAME, windows=(Window(60, 10_000),), parallel=SLOTS),
        patience=Patience(connect=total / 3, read=total * 2 / 3, total=total, limits=pause / 2),
        pauses=Pauses(
            trouble=pause,
            trouble_most=pause,
            told=min(60.0, 6 * pause),
            told_most=3600.0,
            crowded=6 * pause,
        ),
    )
    made = 0
    while made < CALLS_EACH:
        try:
            transport.post(API, {})
        except WeComError as error:
            time.sleep(min(error.retry_after or 1, pause / 4))
        else:
            made += 1
    results.put(made)


if __name__ == "__main__":
    sys.exit(main())
