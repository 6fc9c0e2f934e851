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
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis

from bench._database import throw_away_database
from scrm.embedded.home import Home
from scrm.embedded.redis import EmbeddedRedis
from scrm.simulator.corp import Corp
from scrm.simulator.server import Server

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 3
RECIPIENTS_PER_CALL = 100
CALL_SECONDS = 0.1
PATIENCE = timedelta(minutes=30)
# A worker needs seconds to start; killed sooner, it would only ever start.
SECONDS_BETWEEN_KILLS = (0.5, 2.5)
KILLS_PER_FLUSH = 10
CREATE = "externalcontact/add_msg_template"
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
ENVIRONMENT = {"BROADCAST_LEASE_SECONDS": "21", "BROADCAST_SETTLE_SECONDS": "2"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--staff", type=int, default=100)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ |= ENVIRONMENT
    with throw_away_database(), redis_server(), Server(Corp()) as server:
        settings = _point_at(server)
        people(server.corp, recipients=asked.recipients, staff=asked.staff)
        settings.BROADCAST_BATCH_SIZE = RECIPIENTS_PER_CALL
        calm, _killed, wrong = campaign(server, random.Random(asked.seed), kills=0)
        print(f"undisturbed: {calm:.1f} s, wrong: {wrong}")
        for kind, value, share in FAULTS:
            server.corp.faults.add(CREATE, kind, value, count=None, share=share)
        rough, killed, wrong_too = campaign(server, random.Random(asked.seed), kills=asked.kills)
        print(
            f"disturbed:   {rough:.1f} s, {killed} kills, {killed // KILLS_PER_FLUSH} times Redis"
            f" emptied, {server.corp.faults.struck} faults"
        )
        print(f"wrong: {wrong_too}; ratio of the times {rough / calm:.2f}")
    return int(any(wrong.values()) or any(wrong_too.values()))


@contextmanager
def redis_server() -> Iterator[None]:
    home = Home(Path(os.environ["SCRM_HOME"]))
    server = EmbeddedRedis(home.redis_data, home.redis_socket, home.root / "redis.log")
    server.start()
    os.environ["REDIS_URL"] = home.redis_url
    try:
        yield
    finally:
        server.stop()


def _point_at(server: Server) -> Any:
    from django.conf import settings

    os.environ["WECOM_BASE_URL"] = settings.WECOM_BASE_URL = f"{server.url}/cgi-bin/"
    settings.REDIS_URL = os.environ["REDIS_URL"]
    return settings


def people(corp: Corp, *, recipients: int, staff: int) -> None:
    """The same staff and customers in the corp and in our tables."""
    from django.utils import timezone

    from contacts.models import Contact, ContactFacts, Follow, Staff

    now = timezone.now()
    corp.clock.set(now)
    members = Staff.objects.bulk_create(
        Staff(userid=f"staff{n}", name=f"Staff {n}", is_following=True) for n in range(staff)
    )
    for member in members:
        corp.add_staff(member.userid, member.name)
    since = {"first_followed_at": now - timedelta(days=30)}
    contacts = Contact.objects.bulk_create(
        (
            Contact(external_userid=f"wm{n:08d}", name=f"C{n}", stage_since=now, **since)
            for n in range(recipients)
        ),
        batch_size=5000,
    )
    for number, contact in enumerate(contacts):
        corp.add_contact(contact.external_userid, contact.name)
        corp.follow(members[number % staff].userid, contact.external_userid)
    Follow.objects.bulk_create(
        (
            Follow(contact=contact, staff=members[number % staff], added_at=now)
            for number, contact in enumerate(contacts)
        ),
        batch_size=5000,
    )
    ContactFacts.objects.bulk_create(
        (
            ContactFacts(
                contact=contact,
                relation="friend",
                stage="new",
                kind=1,
                gender=0,
                last_followed_at=now,
                **since,
            )
            for contact in contacts
        ),
        batch_size=5000,
    )


def campaign(
    server: Server, chance: random.Random, *, kills: int
) -> tuple[float, int, dict[str, int]]:
    """One broadcast to everybody: seconds until all is handed over, kills, what went wrong."""
    from broadcasts.models import Batch

    broadcast = _frozen()
    server.corp.settings.latency_seconds = CALL_SECONDS
    began = time.monotonic()
    workers = [_worker() for _each in range(WORKERS)]
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
                workers[place] = _worker()
                killed += 1
                if killed % KILLS_PER_FLUSH == 0:
                    _empty_redis()
        seconds = time.monotonic() - began
    finally:
        for worker in workers:
            _kill(worker)
    return seconds, killed, _wrong(server.corp, broadcast)


def _frozen() -> Any:
    from django.utils import timezone

    from broadcasts.models import Broadcast, PolicySettings
    from broadcasts.services.audience import freeze
    from contacts.models import Segment

    now = timezone.now()
    always = {"quiet_from": "00:00", "quiet_until": "00:00", "gap_days": 0}
    PolicySettings.objects.update_or_create(pk=1, defaults=always)
    rule = {"field": "relation", "op": "in", "value": ["friend"]}
    segment, _made = Segment.objects.get_or_create(
        name="Friends", defaults={"rule": rule, "created_at": now, "updated_at": now}
    )
    broadcast = Broadcast.objects.create(
        name="Under fire",
        benefit="None, this is a drill",
        segment=segment,
        segment_version=1,
        rule=rule,
        text="The same words every time.",
        holdout_percent=0,
        window_start=now - timedelta(minutes=1),
        window_end=now + timedelta(hours=6),
        state=Broadcast.State.SCHEDULED,
        created_at=now,
        scheduled_at=now,
    )
    began = time.monotonic()
    frozen = freeze(broadcast_id=broadcast.pk, now=now)
    print(f"audience of {frozen.chosen:,} fixed in {time.monotonic() - began:.2f} s")
    return frozen


def _worker() -> subprocess.Popen[bytes]:
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


def _wrong(corp: Corp, broadcast: Any) -> dict[str, int]:
    """How often each promise was broken, by what the corp holds and by our own tables."""
    from django.utils import timezone

    from broadcasts.models import Batch, Recipient, Touch
    from broadcasts.services import results

    batches = Batch.objects.filter(broadcast=broadcast)
    known = set(Batch.objects.exclude(msgid=None).values_list("msgid", flat=True))
    mine = set(batches.exclude(msgid=None).values_list("msgid", flat=True))
    asked = Counter(
        receiver
        for task in corp.tasks()
        if task.msgid in mine or task.msgid not in known
        for receivers in task.targets.values()
        for receiver in receivers
    )
    chosen = Recipient.objects.filter(broadcast=broadcast, state="chosen").count()
    adopted_twice = batches.filter(resent__gt=0).count()
    corp.confirm()
    corp.faults.clear()
    corp.settings.latency_seconds = 0
    for batch_id in batches.values_list("pk", flat=True):
        results.poll(batch_id=batch_id, now=timezone.now())
    print(f"handed over again after a silence nobody took: {adopted_twice} batches")
    return {
        "doubled": sum(count > 1 for count in asked.values()),
        "never": chosen - len(asked),
        "unknown msgids": sum(task.msgid not in known for task in corp.tasks()),
        "touches missing": chosen - Touch.objects.filter(broadcast=broadcast).count(),
    }


if __name__ == "__main__":
    sys.exit(main())
