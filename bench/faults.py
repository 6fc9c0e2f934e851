"""Exactly once under fire: workers killed with -9 while the pretend WeCom misbehaves.

A broadcast is first handed over undisturbed, as the baseline of the time. Then the same again by
worker processes that are killed at random and started again, while Redis is emptied now and then,
Postgres loses its power once and 8 % of the calls end badly: refused, answered with garbage, or
done and never answered. What the corp holds is compared with what our tables say; every figure
after "wrong" has to be 0. It may take half as long again as undisturbed, and the starts of the
killed workers on top.

Run: `python -m bench.faults`; in full
`python -m bench.faults --recipients 100000 --staff 200 --kills 200 --call-seconds 0.5`.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from datetime import timedelta

import redis

from bench._campaign import CREATE, ENVIRONMENT, ROOT, frozen, people, point_at, redis_server, wrong
from bench._database import cut_power, throw_away_database
from scrm.embedded.postgres import EmbeddedPostgres
from scrm.simulator.corp import Corp
from scrm.simulator.server import Server

WORKERS = 3
PATIENCE = timedelta(minutes=30)
# A worker needs seconds to start; killed sooner, it would only ever start.
SECONDS_BETWEEN_KILLS = (0.5, 2.5)
KILLS_PER_FLUSH = 10
SLOWER = 1.5
# What strikes which share of the calls; together 8 %.
FAULTS = (
    ("drop_after", 0, 0.02),
    ("http_after", 500, 0.005),
    ("garbage_after", 0, 0.01),
    ("slow_after", 16, 0.005),
    ("drop_before", 0, 0.01),
    ("http", 500, 0.01),
    ("errcode", -1, 0.01),
    ("errcode", 45033, 0.005),
    ("errcode", 40014, 0.005),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--staff", type=int, default=100)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--call-seconds", type=float, default=0.1, help="how long WeCom takes")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ |= ENVIRONMENT
    with throw_away_database() as postgres, redis_server(), Server(Corp()) as server:
        point_at(server)
        people(server.corp, recipients=asked.recipients, staff=asked.staff)
        trouble = Trouble(postgres, random.Random(asked.seed), kills=0)
        calm, calmly_wrong = campaign(server, trouble, call_seconds=asked.call_seconds)
        start = started_in()
        print(f"undisturbed: {calm:.1f} s, wrong: {calmly_wrong}; a worker starts in {start:.1f} s")
        for kind, value, share in FAULTS:
            server.corp.faults.add(CREATE, kind, value, count=None, share=share)
        trouble = Trouble(postgres, random.Random(asked.seed), kills=asked.kills)
        rough, wrong_too = campaign(server, trouble, call_seconds=asked.call_seconds)
        print(
            f"disturbed:   {rough:.1f} s, {trouble.killed} kills,"
            f" {trouble.killed // KILLS_PER_FLUSH} times Redis emptied, {trouble.cuts} times Postgres"
            f" without power, {server.corp.faults.struck} faults"
        )
        most = SLOWER * calm + trouble.killed * start
        print(
            f"wrong: {wrong_too}; {rough / calm:.2f} × undisturbed, {rough / most:.2f} × the most"
        )
    return int(any(calmly_wrong.values()) or any(wrong_too.values()) or rough > most)


class Trouble:
    """The processes of a campaign, and what happens to them and to what they stand on."""

    def __init__(self, postgres: EmbeddedPostgres, chance: random.Random, *, kills: int) -> None:
        self.killed = self.cuts = 0
        self._postgres, self._chance, self._kills = postgres, chance, kills
        self._workers: list[subprocess.Popen[bytes]] = []

    def begin(self) -> None:
        self._workers = [sender() for _each in range(WORKERS)]

    def go_on(self) -> None:
        """Wait a moment, then kill somebody; workers that fell are started again."""
        time.sleep(self._chance.uniform(*SECONDS_BETWEEN_KILLS))
        if self.killed < self._kills:
            victim = self._workers[self._chance.randrange(WORKERS)]
            victim.kill()
            victim.wait()
            self.killed += 1
            if self.killed % KILLS_PER_FLUSH == 0:
                _empty_redis()
            if self.killed == self._kills // 2:
                self._cut_power()
        for place, worker in enumerate(self._workers):
            if worker.poll() is not None:
                self._workers[place] = sender()

    def end(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()

    def _cut_power(self) -> None:
        from django.db import connection

        cut_power(self._postgres)
        connection.close()
        self._postgres.start()
        self.cuts += 1


def campaign(
    server: Server, trouble: Trouble, *, call_seconds: float
) -> tuple[float, dict[str, int]]:
    """One broadcast to everybody: seconds until all is handed over, and what went wrong."""
    from broadcasts.models import Batch

    broadcast = frozen()
    server.corp.settings.latency_seconds = call_seconds
    began = time.monotonic()
    unfinished = Batch.objects.filter(broadcast=broadcast).exclude(state=Batch.State.ACCEPTED)
    trouble.begin()
    try:
        while unfinished.exists() and time.monotonic() - began < PATIENCE.total_seconds():
            trouble.go_on()
        seconds = time.monotonic() - began
    finally:
        trouble.end()
    return seconds, wrong(server.corp, broadcast)


def sender(output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench._sender"],
        cwd=ROOT,
        stdout=output,
        stderr=subprocess.DEVNULL,
    )


def started_in() -> float:
    """Seconds from starting a worker until it begins to work, with nothing beside it."""
    began = time.monotonic()
    worker = sender(subprocess.PIPE)
    try:
        assert worker.stdout is not None
        worker.stdout.readline()
        return time.monotonic() - began
    finally:
        worker.kill()
        worker.communicate()


def _empty_redis() -> None:
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    client.flushall()
    client.close()


if __name__ == "__main__":
    sys.exit(main())
