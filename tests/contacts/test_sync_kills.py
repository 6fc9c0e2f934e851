"""A sync that is aborted or killed, at every page and anywhere, ends like an undisturbed one."""

from __future__ import annotations

import io
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from contacts.services.sync.runs import start_run, walk
from contacts.services.sync.walked import is_walked
from scrm.ratelimit.store import client
from scrm.wecom.models import SyncRun
from tests.contacts import tables

KILLS = 20


def people(state, *, staff):
    """A corp whose staff have one to three customers each, with tags and groups."""
    state.clock.advance(timedelta(hours=-5))
    state.add_department(2, "Counter")
    tags = list(state.add_tag_group("Level", tags=["gold", "silver", "iron"]).tags)
    for number in range(staff):
        state.add_staff(userid := f"s{number:03d}", departments=(1 + number % 2,))
        for place in range(1 + number % 3):
            person = state.add_contact(f"wm{number:03d}-{place}", name=f"客户{number}")
            state.follow(userid, person, state="counter")
            state.mark(userid, person, tags[(number + place) % 3].tag_id)
        if number % 3 == 0:
            state.add_group(
                f"wr{number:03d}", name="茶友", owner=userid, members=[f"wm{number:03d}-0"]
            )
    state.clock.advance(timedelta(hours=5))


@pytest.mark.django_db
def test_a_sync_aborted_at_every_page_ends_equal_to_a_clean_one(corp):
    people(corp.state, staff=40)
    with transaction.atomic():
        run = start_run(is_full=True, now=timezone.now())
        counted = walk(run_id=run.pk, clock=timezone.now).counts
        wanted = tables.everything()
        transaction.set_rollback(True)

    class Aborted(Exception):
        pass

    def abort(_run):
        raise Aborted

    pages = 0
    run = start_run(is_full=True, now=timezone.now(), page_size=1)
    while run.state == "running":
        pages += 1
        try:
            run = walk(run_id=run.pk, clock=timezone.now, on_page=abort)
        except Aborted:
            run = start_run(is_full=True, now=timezone.now()) if is_running() else done()
    assert pages >= 50
    assert tables.everything() == wanted
    assert {name: run.counts[name] for name in counted} == counted


def is_running():
    return SyncRun.objects.filter(state="running").exists()


def done():
    return SyncRun.objects.get(state="done")


@pytest.fixture
def walker(corp):
    """The process of `tests.contacts.walker`, on our database and our corp."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "scrm.settings",
        "DATABASE_URL": database_url(),
        "WECOM_BASE_URL": corp.api,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contacts.walker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=environment, cwd=django_settings.BASE_DIR, bufsize=0,
    )  # fmt: skip
    assert process.stdout.readline() == b"ready\n"
    yield Walker(process)
    process.stdin.close()
    process.wait()
    process.stdout.close()


class Walker:
    def __init__(self, process):
        self._process = process

    def begin(self):
        """A child begins, or goes on; answers its process number."""
        client().flushdb()  # the calls that the last child left in flight
        self._process.stdin.write(b"go\n")
        return int(self._process.stdout.readline())

    def ends_within(self, seconds):
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def outcome(self):
        """How the child ended: its exit code, minus the signal that killed it."""
        return int(self._process.stdout.readline())


def database_url():
    url = os.environ["DATABASE_URL"]
    own = connection.settings_dict["NAME"]
    base, _, query = url.partition("?")
    return f"{base.rpartition('/')[0]}/{own}{'?' * bool(query)}{query}"


@pytest.mark.django_db(transaction=True)
def test_a_sync_killed_at_twenty_random_moments_ends_as_the_corp_says(corp, walker):
    people(corp.state, staff=60)
    chance = random.Random(20)
    killed = 0
    for _life in range(5 * KILLS):
        if killed == KILLS:
            break
        child = walker.begin()
        if not walker.ends_within(chance.uniform(0.03, 0.25)):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        killed += walker.outcome() == -signal.SIGKILL
    for _attempt in range(10):
        if is_running():
            walker.begin()
            walker.outcome()
    assert killed == KILLS
    assert tables.of_our_tables() == tables.as_the_corp_says(corp.state)
    assert not SyncRun.objects.exclude(state="done").exists()


@pytest.mark.django_db(transaction=True)
def test_a_sync_is_walked_by_one_process_and_free_at_once_when_that_is_killed(corp, walker):
    people(corp.state, staff=60)
    corp.state.settings.latency_seconds = 0.05
    child = walker.begin()
    assert not walker.ends_within(0.3)
    with pytest.raises(CommandError) as busy:
        call_command("sync")
    assert busy.value.returncode == 3
    os.kill(child, signal.SIGKILL)
    walker.outcome()
    run = SyncRun.objects.get()
    deadline = time.monotonic() + 10
    while is_walked(run.pk) and time.monotonic() < deadline:
        continue  # until the database has noticed that its client is gone
    corp.state.settings.latency_seconds = 0.0
    client().flushdb()
    call_command("sync", "--json", stdout=(told := io.StringIO()))
    assert json.loads(told.getvalue())["state"] == "done"
    assert SyncRun.objects.count() == 1
    assert tables.of_our_tables() == tables.as_the_corp_says(corp.state)
