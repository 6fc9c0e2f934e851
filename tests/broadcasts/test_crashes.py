"""Real processes: killed in the middle of a call, and two that fix audiences at once."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from broadcasts.models import Batch, PolicySettings, Recipient
from broadcasts.services import dispatch, tick
from broadcasts.services.audience import freeze
from tests.broadcasts import rows
from tests.workers import ROOT, _test_database_url

pytestmark = pytest.mark.django_db(transaction=True)
CREATE = "externalcontact/add_msg_template"


class Sender:
    """One worker process on the test's own database and corp."""

    def __init__(self, settings):
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "scrm.settings",
            "DATABASE_URL": _test_database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "WECOM_BASE_URL": settings.WECOM_BASE_URL,
            "BROADCAST_LEASE_SECONDS": "21",
            "BROADCAST_SETTLE_SECONDS": "1",
        }

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench._sender"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout.readline() == b"up\n"
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def awake():
    """No quiet hours, whatever the hour the tests run at."""
    PolicySettings.objects.create(pk=1, quiet_from="00:00", quiet_until="00:00")


def wait_until(true, *, seconds=20):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never happened"
        threading.Event().wait(0.02)


def test_a_worker_killed_in_the_middle_of_calls_neither_doubles_nor_forgets(corp, settings, awake):
    now = timezone.now()
    corp.state.clock.set(now)
    rows.crew(corp, 6, per_head=2)
    window = {"window_start": now - timedelta(hours=1), "window_end": now + timedelta(hours=3)}
    rows.frozen(now=now, **window)
    # The first is killed when WeCom has done it and not yet said so, the second before that.
    corp.state.faults.add(CREATE, "slow_after", 2)
    worker = Sender(settings).start()
    wait_until(corp.state.tasks)
    worker.kill()
    corp.state.faults.add(CREATE, "slow", 0.4, count=None)
    worker = Sender(settings).start()
    wait_until(lambda: _in_state("submitting") == 2)
    worker.kill()
    assert _in_state("submitting") == 2
    corp.state.faults.clear()
    wait_until(corp.hears_nobody)
    _recover(settings, timezone.now())
    asked = Counter(r for task in corp.state.tasks() for rs in task.targets.values() for r in rs)
    chosen = Recipient.objects.filter(state="chosen").values_list("external_userid", flat=True)
    assert asked == Counter(list(chosen))
    assert _in_state("accepted") == 6


def _in_state(state):
    return Batch.objects.filter(state=state).count()


def _recover(settings, now):
    """What the next worker does over the following minutes."""
    settings.BROADCAST_SETTLE_SECONDS = 1
    for seconds in range(0, 120, 10):
        moment = now + timedelta(seconds=seconds)
        tick.tick(now=moment)
        ready = Batch.objects.filter(state="ready").values_list("pk", flat=True)
        for batch_id in list(ready):
            dispatch.deliver_batch(batch_id=batch_id, now=moment)


def test_audiences_fixed_at_the_same_moment_keep_the_cap(awake):
    PolicySettings.objects.update(gap_days=0, monthly_cap=2)
    member = rows.staff()
    people = [rows.customer(member) for _each in range(50)]
    broadcasts = [rows.broadcast() for _each in range(4)]
    start = threading.Barrier(len(broadcasts))

    def fix(broadcast):
        start.wait()
        freeze(broadcast_id=broadcast.pk, now=rows.NOW)
        connections.close_all()

    threads = [threading.Thread(target=fix, args=(broadcast,)) for broadcast in broadcasts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chosen = Counter(Recipient.objects.filter(state="chosen").values_list("contact_id", flat=True))
    assert chosen == {person.pk: 2 for person in people}


def test_only_one_heartbeat_beats_at_a_time():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('broadcasts.tick'))")
    beats = []

    def beat():
        beats.append(tick.tick(now=rows.NOW))
        connections.close_all()

    thread = threading.Thread(target=beat)
    thread.start()
    thread.join()
    assert beats == [False]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtext('broadcasts.tick'))")
    assert tick.tick(now=rows.NOW)
