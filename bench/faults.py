"""Exactly once under fire: workers killed with -9 while the pretend WeCom misbehaves.

A broadcast is first handed over undisturbed, as the baseline of the time. Then the same again by
worker processes that are killed at random and started again, while Redis is emptied now and then
and 8 % of the calls end badly: refused, answered with garbage, or done and never answered. What
the corp holds is compared with what our tables say; every figure after "wrong" has to be 0.

Run: `python -m bench.faults`; in full
`python -m bench.faults --recipients 100000 --staff 200 --kills 200`.
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
from bench._database import throw_away_database
from scrm.simulator.corp import Corp
from scrm.simulator.server import Server

WORKERS = 3
CALL_SECONDS = 0.1
PATIENCE = timedelta(minutes=30)
# A worker needs seconds to start; killed sooner, it would only ever start.
SECONDS_BETWEEN_KILLS = (0.5, 2.5)
KILLS_PER_FLUSH = 10
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
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ |= ENVIRONMENT
    with throw_away_database(), redis_server(), Server(Corp()) as server:
        point_at(server)
        people(server.corp, recipients=asked.recipients, staff=asked.staff)
        calm, _killed, calmly_wrong = campaign(server, random.Random(asked.seed), kills=0)
        print(f"undisturbed: {calm:.1f} s, wrong: {calmly_wrong}")
        for kind, value, share in FAULTS:
            server.corp.faults.add(CREATE, kind, value, count=None, share=share)
        rough, killed, wrong_too = campaign(server, random.Random(asked.seed), kills=asked.kills)
        print(
            f"disturbed:   {rough:.1f} s, {killed} kills, {killed // KILLS_PER_FLUSH} times Redis"
            f" emptied, {server.corp.faults.struck} faults"
        )
        print(f"wrong: {wrong_too}; ratio of the times {rough / calm:.2f}")
    return int(any(calmly_wrong.values()) or any(wrong_too.values()))


def campaign(
    server: Server, chance: random.Random, *, kills: int
) -> tuple[float, int, dict[str, int]]:
    """One broadcast to everybody: seconds until all is handed over, kills, what went wrong."""
    from broadcasts.models import Batch

    broadcast = frozen()
    server.corp.settings.latency_seconds = CALL_SECONDS
    began = time.monotonic()
    workers = [sender() for _each in range(WORKERS)]
    killed = 0
    unfinished = Batch.objects.filter(broadcast=broadcast).exclude(state=Batch.State.ACCEPTED)
    try:
        while unfinished.exists():
            if time.monotonic() - began > PATIENCE.total_seconds():
                break
            time.sleep(chance.uniform(*SECONDS_BETWEEN_KILLS))
            if killed < kills:
                place = chance.randrange(WORKERS)
                _kill(workers[place])
                workers[place] = sender()
                killed += 1
                if killed % KILLS_PER_FLUSH == 0:
                    _empty_redis()
        seconds = time.monotonic() - began
    finally:
        for worker in workers:
            _kill(worker)
    return seconds, killed, wrong(server.corp, broadcast)


def sender() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench._sender"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _empty_redis() -> None:
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    client.flushall()
    client.close()


def _kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


if __name__ == "__main__":
    sys.exit(main())
