"""Every call of small broadcasts, to customers and to groups, fails, is lost and is the last once."""

import os
import subprocess
import sys
from collections import Counter

import pytest
import redis

from broadcasts.models import (
    Batch,
    Broadcast,
    GroupRecipient,
    PolicySettings,
    Recipient,
    Touch,
)
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW
from tests.workers import ROOT, _test_database_url

pytestmark = pytest.mark.django_db(transaction=True)


class Worker:
    """`crash_worker` on the test's own database and corp."""

    def __init__(self, corp, settings):
        self._confirm = f"{corp.url}/sim/confirm"
        self._redis = redis.Redis.from_url(settings.REDIS_URL)
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "scrm.settings",
            "DATABASE_URL": _test_database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "WECOM_BASE_URL": settings.WECOM_BASE_URL,
            "BROADCAST_LEASE_SECONDS": "21",
            "BROADCAST_SETTLE_SECONDS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.broadcasts.crash_worker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout.readline() == "up\n"

    def live(self, struck, how):
        """Each life begins with an empty Redis: slots of the dead would have to run out."""
        self._redis.flushdb()
        self._process.stdin.write(f"{self._confirm} {NOW.isoformat()} {struck} {how}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def stop(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
        self._redis.close()


@pytest.fixture
def worker(corp, settings):
    worker = Worker(corp, settings)
    yield worker
    worker.stop()


def scheduled(corp):
    """A broadcast to two customers of one new staff member."""
    (member,) = rows.crew(corp, 1, per_head=2)
    rule = {"field": "staff", "op": "any", "value": [member.pk]}
    return rows.broadcast(segment=rows.segment(rule), text=f"For {member.userid}")


def promises_broken(corp, broadcast):
    """What is wrong in the end, by what the corp holds and by our own tables."""
    broadcast.refresh_from_db()
    chosen = Recipient.objects.filter(broadcast=broadcast, state="chosen")
    once = Counter(list(chosen.values_list("external_userid", flat=True)))
    tasks = [task for task in corp.state.tasks() if task.text == broadcast.text]
    asked = Counter(r for task in tasks for own in task.targets.values() for r in own)
    received = Counter(
        message.external_userid for message in corp.state.ledger() if message.text == broadcast.text
    )
    touched = Touch.objects.filter(broadcast=broadcast)
    batches = Batch.objects.filter(broadcast=broadcast)
    kept = {
        "everybody was chosen": len(once) == 2,
        "asked once": asked == once,
        "received once": received == once,
        "in the ledger once": Counter(
            list(touched.values_list("contact__external_userid", flat=True))
        )
        == once,
        "task known": {task.msgid for task in tasks}
        == set(batches.values_list("msgid", flat=True)),
        "counted": sum(batches.values_list("sent_count", flat=True)) == 2,
        "finished": broadcast.state == Broadcast.State.FINISHED,
    }
    return [promise for promise, is_kept in kept.items() if not is_kept]


def scheduled_for_groups(corp):
    """A broadcast to the two groups, with a customer each, of one new owner."""
    (owner,) = rows.crew(corp, 1, per_head=0)
    for _each in range(2):
        rows.chat(owner, rows.customer(owner, corp=corp), corp=corp)
    return rows.to_groups(senders=[owner.pk], text=f"For the groups of {owner.userid}")


def promises_to_groups_broken(corp, broadcast):
    """The same of a broadcast to groups."""
    broadcast.refresh_from_db()
    chosen = GroupRecipient.objects.filter(broadcast=broadcast, state="chosen")
    once = Counter(list(chosen.values_list("chat_id", flat=True)))
    tasks = [task for task in corp.state.tasks() if task.text == broadcast.text]
    received = Counter(
        message.chat_id for message in corp.state.ledger() if message.text == broadcast.text
    )
    kept = {
        "both were chosen": len(once) == 2,
        "asked once": Counter(chat for task in tasks for chat in task.chat_ids) == once,
        "received once": received == once,
        "known to be sent": not chosen.filter(sent_at=None).exists(),
        "members touched once": Touch.objects.filter(broadcast=broadcast).count() == 2,
        "task known": {task.msgid for task in tasks}
        == set(Batch.objects.filter(broadcast=broadcast).values_list("msgid", flat=True)),
        "finished": broadcast.state == Broadcast.State.FINISHED,
    }
    return [promise for promise, is_kept in kept.items() if not is_kept]


def all_promises_broken(corp, private, to_groups):
    return [*promises_broken(corp, private), *promises_to_groups_broken(corp, to_groups)]


def test_wherever_it_strikes_everybody_and_every_group_gets_it_exactly_once(corp, worker):
    """A broadcast to customers and one to groups live side by side: what a heartbeat does for
    both is struck once, what is done for one of them once for each.
    """
    PolicySettings.objects.create(pk=1, quiet_from="00:00", quiet_until="00:00")
    undisturbed = scheduled(corp), scheduled_for_groups(corp)
    calls = int(worker.live(0, "fail"))
    assert all_promises_broken(corp, *undisturbed) == []
    assert calls > 20
    broken, ends = {}, Counter()
    for how in ("fail", "lose", "exit"):
        for struck in range(1, calls + 1):
            private, to_groups = scheduled(corp), scheduled_for_groups(corp)
            end = worker.live(struck, how)
            ends[how, end == "died"] += 1
            found = all_promises_broken(corp, private, to_groups)
            if found:
                worker.live(0, "recover")
                found = all_promises_broken(corp, private, to_groups)
            if found:
                broken[how, struck] = found
    assert broken == {}
    assert ends["exit", True] == calls
    assert not ends["fail", True] + ends["lose", True]
