"""Processes that call one API through the real gateway as fast as the limits let them.

Each may believe in a time of its own, which must not matter: the limits go by Redis' clock.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue

API = "getcallbackip"
LATE_SECONDS = 30.0


@dataclass(frozen=True)
class Orders:
    """What each process is to do: `windows` are (seconds, calls) of the limit, `parallel` its
    slots; `seconds` of real time from the moment all are ready.
    """

    api: str
    windows: tuple[tuple[float, int], ...]
    parallel: int
    seconds: float


def hammered(orders: Orders, *, skews: Sequence[float]) -> int:
    """Let one process for each of `skews` (seconds its clock is wrong) call; how many succeeded.

    `DJANGO_SETTINGS_MODULE`, `DATABASE_URL` and `REDIS_URL` come from the environment.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench._ready"])
    results: SimpleQueue[int] = context.SimpleQueue()
    ready = context.Barrier(len(skews))
    processes = [
        context.Process(
            target=_hammer, args=(orders, skew, os.environ["REDIS_URL"], ready, results)
        )
        for skew in skews
    ]
    for process in processes:
        process.start()
    done = sum(results.get() for _each in processes)
    for process in processes:
        process.join()
    return done


def _hammer(orders, skew, redis_url, ready, results):  # type: ignore[no-untyped-def]
    from django.conf import settings

    from scrm.ratelimit.limits import Limit, Window
    from scrm.wecom import RateLimited
    from scrm.wecom.gateway import Gateway
    from scrm.wecom.quotas import LIMIT_NAME
    from scrm.wecom.transport import Transport

    settings.REDIS_URL = redis_url
    _believe_in(skew)
    windows = tuple(Window(seconds, calls) for seconds, calls in orders.windows)
    gateway = Gateway(
        Transport(
            corp_id=settings.WECOM_CORP_ID,
            secret=settings.WECOM_SECRET,
            base_url=orders.api,
            limit=Limit(LIMIT_NAME, windows=windows, parallel=orders.parallel),
        )
    )
    done = 0
    ready.wait(LATE_SECONDS)
    end = time.monotonic() + orders.seconds
    while time.monotonic() < end:
        try:
            gateway.callback_ips()
        except RateLimited:
            continue
        done += 1
    results.put(done)


def _believe_in(skew: float) -> None:
    """Set this process' wall clock off; the monotonic one has no date to be wrong about."""
    right = time.time
    time.time = lambda: right() + skew
