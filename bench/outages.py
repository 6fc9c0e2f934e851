"""A broadcast while what it stands on goes away: workers frozen, Redis, Postgres, a new release.

Real Celery workers and two beats hand a broadcast over to the pretend WeCom. Meanwhile, as often
as asked for: `freeze` stops a worker's processes for twice a claim's lease, `redis` empties, kills
or takes away Redis, `postgres` ends the server as a power cut does, `deploy` replaces one process
after the other, and `storm` lets every call fail for a while in each of WeCom's ways. What the
corp holds in the end is compared with our tables; every figure after "wrong" has to be 0. Exit 1
when one is not, when a process took more than 30 s to go, when broadcasts began too late without
Redis, or when a failing API was called more than three times in ten seconds.

Run: `python -m bench.outages`; in full `python -m bench.outages --times 20 --recipients 40000`,
`--what freeze --times 24` and `--what storm --seconds 60`.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis

from bench._campaign import (
    CREATE,
    ENVIRONMENT,
    ROOT,
    frozen,
    is_handed_over,
    people,
    point_at,
    redis_server,
    scheduled,
    wrong,
)
from bench._database import cut_power, throw_away_database
from bench.storms import MOST, STORMS
from scrm.embedded.postgres import EmbeddedPostgres
from scrm.embedded.redis import EmbeddedRedis
from scrm.simulator.corp import Corp
from scrm.simulator.limits import worst_of
from scrm.simulator.server import Server

WHAT = ("freeze", "redis", "postgres", "deploy", "storm")
PATIENCE = 600.0
CALL_SECONDS = 1.0
TWICE_THE_LEASE = 42.0
LONGEST_GOODBYE = 30.0
LATE_WITHOUT_REDIS, LATE_AFTER_REDIS = 60.0, 10.0
PROBES_WITHIN = 10.0
# Longer than a call may last, and with the call's own second shorter than silence takes to settle.
TIME_OUT = 15.5
SETTLES = {"BROADCAST_SETTLE_SECONDS": "6"}
_CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "scrm.celery")
_WORKER = (*_CELERY, "worker", "-l", "ERROR", "--without-gossip", "--without-mingle", "-c", "2")


class Process:
    """One process of the product in a group of its own, started again when it ends."""

    def __init__(self, *command: str) -> None:
        self._command = command
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def revive(self) -> None:
        if self._process.poll() is not None:
            self.start()

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def leave(self) -> float:
        """Seconds from being told to go until it has gone."""
        began = time.monotonic()
        self._process.terminate()
        try:
            self._process.wait(2 * LONGEST_GOODBYE)
        finally:
            self.send(signal.SIGKILL)
            self._process.wait()
        return time.monotonic() - began


@dataclass
class Product:
    """Workers, beats and what carries them, with what each trouble has shown."""

    server: Server
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis
    workers: list[Process]
    others: list[Process]
    missed: int = 0

    @property
    def processes(self) -> list[Process]:
        return [*self.workers, *self.others]

    def rest(self, seconds: float) -> None:
        """Let the product work; whoever has ended is started again, as the supervisor does."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for process in self.processes:
                process.revive()
            time.sleep(0.2)

    def note(self, words: str, seconds: float, most: float) -> None:
        print(f"  {words}: {seconds:.1f} s (at most {most:.0f})", flush=True)
        self.missed += seconds > most


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=WHAT, nargs="*", default=["redis", "postgres", "deploy"])
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--recipients", type=int, default=2_000)
    parser.add_argument("--staff", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=12.0, help="of a storm or without Redis")
    asked = parser.parse_args()
    os.environ |= {**ENVIRONMENT, **SETTLES, "SCRM_DEBUG": "1"}
    with (
        throw_away_database() as postgres,
        redis_server() as store,
        Server(Corp()) as server,
    ):
        point_at(server)
        people(server.corp, recipients=asked.recipients, staff=asked.staff)
        product = _product(server, postgres, store)
        try:
            for what in asked.what:
                product.missed += _under(product, what, asked)
        finally:
            for process in product.processes:
                process.send(signal.SIGCONT)
                process.send(signal.SIGKILL)
    return int(product.missed > 0)


def _product(server: Server, postgres: EmbeddedPostgres, store: EmbeddedRedis) -> Product:
    workers = [
        Process(*_WORKER, "-Q", "default,broadcasts", "-n", f"work{number}@%h")
        for number in range(2)
    ]
    beats = [
        Process(*_CELERY, "beat", "-l", "ERROR", "--pidfile", "", "-s", f"{_home()}/beat{number}")
        for number in range(2)
    ]
    welcomes = Process(sys.executable, "manage.py", "welcomes")
    return Product(server, postgres, store, workers, [*beats, welcomes])


def _home() -> str:
    return os.environ["SCRM_HOME"]


def _under(product: Product, what: str, asked: argparse.Namespace) -> int:
    """One broadcast with its troubles; how many promises were broken."""
    corp = product.server.corp
    corp.settings.latency_seconds = CALL_SECONDS
    broadcast, began = frozen(), time.monotonic()
    while not corp.calls[CREATE]:
        product.rest(0.5)
    trouble: Callable[[Product, argparse.Namespace, int], None] = _TROUBLES[what]
    times = len(STORMS) if what == "storm" else asked.times
    for number in range(times):
        if what != "storm" and is_handed_over(broadcast):
            print(f"  all was handed over before trouble {number + 1} of {times}")
            break
        trouble(product, asked, number)
        product.rest(1.0)
    while not is_handed_over(broadcast) and time.monotonic() - began < PATIENCE + 60 * times:
        product.rest(0.5)
    seconds = time.monotonic() - began
    found = wrong(corp, broadcast)
    print(
        f"{what}: {times} times, all handed over after {seconds:.0f} s, wrong: {found}", flush=True
    )
    return sum(found.values())


def _freeze(product: Product, _asked: argparse.Namespace, number: int) -> None:
    """A worker stands still for twice its lease, then goes on as if nothing had happened."""
    worker = product.workers[number % len(product.workers)]
    worker.send(signal.SIGSTOP)
    product.rest(TWICE_THE_LEASE)
    worker.send(signal.SIGCONT)


def _redis(product: Product, asked: argparse.Namespace, number: int) -> None:
    """Emptied, killed, and away for a while, in turn."""
    if number % 3 == 0:
        client = redis.Redis.from_url(os.environ["REDIS_URL"])
        client.flushall()
        client.close()
    process = product.redis.process
    assert process is not None
    if number % 3 == 1:
        process.kill()
        process.wait()
        product.redis.start()
    if number % 3 == 2 or asked.times == 1:
        process.kill()
        process.wait()
        product.note("begun without Redis after", _begun_after(product), LATE_WITHOUT_REDIS)
        product.rest(asked.seconds)
        product.redis.start()
        product.note("begun with Redis back after", _begun_after(product), LATE_AFTER_REDIS)


def _begun_after(product: Product) -> float:
    """Seconds from the opening of a new broadcast's window until its audience is fixed."""
    from broadcasts.models import Broadcast

    waiting = scheduled(opens_in=timedelta(seconds=1), relation="lost")  # to nobody
    product.rest(1)
    began = time.monotonic()
    while time.monotonic() - began < 2 * LATE_WITHOUT_REDIS:
        waiting.refresh_from_db()
        if waiting.state not in (Broadcast.State.SCHEDULED, Broadcast.State.FREEZING):
            break
        product.rest(0.2)
    return time.monotonic() - began


def _postgres(product: Product, _asked: argparse.Namespace, _number: int) -> None:
    """Ended without a word to anybody, and started again from its log."""
    from django.db import connection

    cut_power(product.postgres)
    connection.close()
    product.postgres.start()


def _deploy(product: Product, _asked: argparse.Namespace, number: int) -> None:
    """One process is told to go while the others work, and a new one takes its place."""
    process = product.processes[number % len(product.processes)]
    product.note("gone after", process.leave(), LONGEST_GOODBYE)
    process.start()
    product.rest(3.0)


def _storm(product: Product, asked: argparse.Namespace, number: int) -> None:
    """Every call that hands over fails in one way, for a while; then until one went well again."""
    corp = product.server.corp
    words, kind, value = STORMS[number]
    before, tokens = len(corp.limits.knocks(CREATE)), corp.calls["gettoken"]
    corp.faults.add(CREATE, kind, value or TIME_OUT, count=None)
    product.rest(asked.seconds)
    corp.faults.clear()
    during = corp.limits.knocks(CREATE)[before:]
    worst, fetched = worst_of(during, PROBES_WITHIN), corp.calls["gettoken"] - tokens
    held, began = len(corp.tasks()), time.monotonic()
    while len(corp.tasks()) == held and time.monotonic() - began < PATIENCE:
        product.rest(0.5)
    print(
        f"  {words}: {len(during)} calls, worst {worst} in 10 s, {fetched} tokens, going on after"
        f" {time.monotonic() - began:.0f} s",
        flush=True,
    )
    product.missed += worst > MOST or fetched > 1 or not during


_TROUBLES: dict[str, Any] = {
    "freeze": _freeze,
    "redis": _redis,
    "postgres": _postgres,
    "deploy": _deploy,
    "storm": _storm,
}


if __name__ == "__main__":
    sys.exit(main())
