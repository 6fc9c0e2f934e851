"""Many small batches handed over by real workers, under a limit of calls that binds."""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench._campaign import CREATE, is_handed_over, people, point_at
from bench._memory import resident
from bench.outages import Process
from scrm.simulator.corp import Corp
from scrm.simulator.limits import worst_of
from scrm.simulator.server import Server

PATIENCE = 300.0
LEAST_LOOKS = 10
# As in the product: calls of this API that may be under way at once, so that many may arrive
# later than they were granted.
LATE_CALLS = 2
_CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "bench._short_minute")
_WORKER = (*_CELERY, "worker", "-l", "ERROR", "--without-gossip", "--without-mingle", "-c", "2")


@dataclass
class HandedOver:
    """When each call arrived, and what the processes of the workers' pools held over time."""

    arrivals: list[float]
    configured: int
    window: float
    refused: int
    memory: list[list[int]] = field(default_factory=list)

    @property
    def whole_windows(self) -> int:
        return int((self.arrivals[-1] - self.arrivals[0]) / self.window)

    @property
    def used(self) -> float:
        """Calls of all whole windows, as a share of what the limit grants in them."""
        until = self.arrivals[0] + self.whole_windows * self.window
        return sum(at < until for at in self.arrivals) / (self.whole_windows * self.configured)

    @property
    def worst(self) -> float:
        """The fullest window wherever it begins, as a share of what WeCom would allow."""
        return worst_of(self.arrivals, self.window) / (self.configured + LATE_CALLS)


def hand_over(*, batches: int, calls: int, window: float) -> HandedOver:
    """One broadcast of so many batches; the limit is `calls` in `window` seconds."""
    os.environ |= {"BENCH_WINDOW_SECONDS": f"{window:g}", "BENCH_WINDOW_CALLS": str(calls)}
    with Server(Corp()) as server:
        point_at(server)
        people(server.corp, recipients=batches, staff=batches)
        with _workers() as pools:
            memory = _followed(server, pools)
        corp = server.corp
        return HandedOver(
            corp.limits.arrivals(CREATE),
            calls,
            window,
            sum(corp.calls.refusals.values()),
            memory,
        )


def _followed(server: Server, pool: Callable[[], list[int]]) -> list[list[int]]:
    """What each process of the pools held, every half second until all is handed over.

    A worker replaces its processes after so many tasks; those that were there for a moment only
    tell nothing and are left out.
    """
    from bench._campaign import frozen

    broadcast: Any = frozen()
    until = time.monotonic() + PATIENCE
    held: dict[int, list[int]] = defaultdict(list)
    while not is_handed_over(broadcast) and time.monotonic() < until:
        if server.corp.calls[CREATE]:
            for pid in pool():
                with suppress(FileNotFoundError, ProcessLookupError):
                    held[pid].append(resident(pid))
        time.sleep(0.5)
    return [seen for seen in held.values() if len(seen) >= LEAST_LOOKS]


@contextmanager
def _workers() -> Iterator[Any]:
    """Two workers of two processes and a beat; gives what finds the processes of the pools."""
    home = os.environ["SCRM_HOME"]
    workers = [
        Process(*_WORKER, "-Q", "default,broadcasts", "-n", f"rate{number}@%h")
        for number in range(2)
    ]
    beat = Process(*_CELERY, "beat", "-l", "ERROR", "--pidfile", "", "-s", f"{home}/rate-beat")

    def pools() -> list[int]:
        return [child for worker in workers for child in _children(worker.pid)]

    try:
        until = time.monotonic() + PATIENCE
        while len(pools()) < 2 * len(workers) and time.monotonic() < until:
            time.sleep(0.1)
        yield pools
    finally:
        for process in (*workers, beat):
            process.leave()


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []
