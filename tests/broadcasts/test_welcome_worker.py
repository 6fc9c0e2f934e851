"""The worker of welcomes as a real process, fed by real callbacks."""

import signal
import subprocess
import sys

import pytest
import redis
from django.utils import timezone

from broadcasts.models import WelcomeDelivery
from broadcasts.services.welcome_recovery import record_missed
from scrm.wecom.callback.letters import WELCOME_LIST
from tests.broadcasts import welcome_rows as given
from tests.broadcasts.welcome_rows import SEND
from tests.waiting import until
from tests.wecom.letters import deliver, event
from tests.workers import ROOT, Worker

pytestmark = pytest.mark.django_db(transaction=True)


class WelcomeWorker:
    """One process of `manage.py welcomes` on the test's own database and corp."""

    def __init__(self):
        self._environment = {**Worker()._environment, "DJANGO_SETTINGS_MODULE": "scrm.settings"}

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "welcomes"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def end(self, signum):
        self.process.send_signal(signum)
        return self.process.wait(20)


@pytest.fixture
def worker(corp):
    corp.state.clock.set(timezone.now())
    started = WelcomeWorker().start()
    yield started
    if started.process.poll() is None:
        started.end(signal.SIGKILL)


@pytest.fixture
def add(client, settings, corp):
    """Somebody adds a staff member, and WeCom's callback arrives at the address."""

    def add_friend():
        letter = given.newcomer(corp, at=timezone.now())
        text = event(
            "change_external_contact",
            "add_external_contact",
            UserID=letter.userid,
            ExternalUserID=letter.external_userid,
            WelcomeCode=letter.code,
        )
        assert deliver(client, settings, text).status_code == 200
        return letter

    return add_friend


def sent():
    return WelcomeDelivery.objects.filter(state="sent").count()


def test_a_callback_ends_in_a_welcome_and_sigterm_in_a_clean_exit(corp, worker, add):
    given.welcome()
    letters = [add() for _each in range(5)]
    until(lambda: sent() == 5, seconds=30, what="five welcomes")
    assert set(given.greetings(corp)) == {letter.external_userid for letter in letters}
    assert corp.state.calls[SEND] == 5
    assert worker.end(signal.SIGTERM) == 0


def test_letters_lost_with_redis_are_found_in_the_inbox(corp, worker, add, settings):
    given.welcome()
    add()
    until(lambda: sent() == 1, seconds=30, what="the first welcome")
    store = redis.Redis.from_url(settings.REDIS_URL)
    address, settings.REDIS_URL = settings.REDIS_URL, "unix:///nowhere/redis.sock"
    letter = add()  # the address cannot push, the worker's own Redis is there
    settings.REDIS_URL = address
    assert store.llen(WELCOME_LIST) == 0
    store.close()
    until(lambda: sent() == 2, seconds=20, what="the welcome without a letter")
    assert letter.external_userid in given.greetings(corp)


def test_a_killed_worker_leaves_nothing_doubled_and_nothing_forgotten(corp, worker, add):
    """Killed in the middle of calls: heard by WeCom, the answers still on their way."""
    given.welcome()
    corp.state.faults.add(SEND, "slow_after", 3, count=4)
    letters = [add() for _each in range(8)]
    until(lambda: len(given.greetings(corp)) >= 2, seconds=30, what="calls in the air")
    worker.end(signal.SIGKILL)
    corp.state.faults.clear()
    successor = WelcomeWorker().start()
    try:
        until(_all_accounted_for(8), seconds=60, what="all codes accounted for")
    finally:
        successor.end(signal.SIGTERM)
    greeted = set(given.greetings(corp))
    assert len(letters) == WelcomeDelivery.objects.count() == 8
    # On a machine too busy to start a successor in time codes may die, but never silently.
    for delivery in WelcomeDelivery.objects.all():
        was_read = delivery.external_userid in greeted
        assert (delivery.state == "sent") == was_read or delivery.reason == "unknown"


def _all_accounted_for(count):
    """The worker's outcomes, and those that beat takes down beside it."""

    def finished():
        record_missed(now=timezone.now())
        return WelcomeDelivery.objects.exclude(state="sending").count() == count

    return finished


def test_the_worker_survives_a_database_that_ends_its_connections(corp, worker, add):
    from django.db import connection

    given.welcome()
    add()
    until(lambda: sent() == 1, seconds=30, what="the first welcome")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    add()
    until(lambda: sent() == 2, seconds=30, what="the welcome after the cut")
    assert worker.process.poll() is None
