"""The set-up check: server, stores, workers, security."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from scrm.ratelimit.store import client
from scrm.wecom.doctor.checks.machine import disk_space, postgres_version
from scrm.wecom.models import SyncRun
from tests.wecom.check_ups import found, let_workers_live, state_of

pytestmark = pytest.mark.usefixtures("db")

ROOT = Path(__file__).resolve().parents[2]
GIB = 1024**3


def run(state="done", *, ago=timedelta(hours=1), **overrides):
    at = timezone.now() - ago
    values = {"started_at": at, "progressed_at": at, "finished_at": at, **overrides}
    if state == "running":
        values["finished_at"] = None
    return SyncRun.objects.create(kind="full", state=state, **values)


def test_stores_and_machine_are_good_here():
    lines = found()
    for name in ("postgres", "chinese_search", "postgres_clock", "redis", "redis_persistence"):
        assert lines[name].state.value == "ok", lines[name]
    assert lines["time_zone"].state.value == "ok"


def test_an_old_postgres_is_a_red_line():
    assert postgres_version(140_011, "PostgreSQL 14.11").state.value == "fail"
    assert postgres_version(150_000, "PostgreSQL 15.0").state.value == "ok"


def test_a_database_away_leaves_what_it_holds_unknown():
    told = asked_elsewhere("postgresql://x:x@127.0.0.1:1/x")
    assert told["postgres"]["state"] == "fail"
    assert told["sync"]["state"] == "unknown"


@pytest.mark.django_db(transaction=True)
def test_a_database_that_sees_no_chinese_is_a_red_line():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE DATABASE deaf TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
        )
    deaf = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/deaf"))
    try:
        assert asked_elsewhere(deaf)["chinese_search"]["state"] == "fail"
        execute_in(deaf, "CREATE EXTENSION pg_trgm")
        told = asked_elsewhere(deaf)["chinese_search"]
        assert told["state"] == "fail"
        assert "LOCALE" in told["mend"][0]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE deaf WITH (FORCE)")


def execute_in(address, statement):
    code = (
        "import django; django.setup(); from django.db import connection as c;"
        f"c.cursor().execute({statement!r})"
    )
    subprocess.run([sys.executable, "-c", code], env=environment(address), cwd=ROOT, check=True)


def asked_elsewhere(address):
    """The findings of a process of its own with another database."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json", "--language", "en"],
        env=environment(address),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    return {line["name"]: line for line in json.loads(done.stdout)["checks"]}


def environment(address):
    return {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "scrm.settings"}


def test_redis_that_forgets_is_told():
    client().config_set("appendonly", "no")
    try:
        assert state_of("redis_persistence") == "warn"
    finally:
        client().config_set("appendonly", "yes")


def test_redis_that_throws_away_is_told():
    client().config_set("maxmemory", "1gb")
    client().config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert state_of("redis_memory") == "warn"
    finally:
        client().config_set("maxmemory-policy", "noeviction")
        client().config_set("maxmemory", "0")


@pytest.mark.parametrize(("free", "state"), [(0.5, "fail"), (3, "warn"), (50, "ok")])
def test_a_full_disk_is_told_before_it_stops_the_database(free, state):
    assert disk_space(free=int(free * GIB), total=100 * GIB).state.value == state


def test_the_clock_of_the_database_is_compared(corp):
    assert state_of("postgres_clock", timezone.now() - timedelta(minutes=5)) == "warn"


def test_another_time_zone_is_told(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    assert state_of("time_zone") == "warn"


def test_silent_workers_and_a_silent_beat_are_red_lines():
    lines = found()
    assert lines["workers"].state.value == "fail"
    assert "callbacks" in str(lines["workers"].verdict.seen)
    assert lines["beat"].state.value == "fail"
    let_workers_live()
    assert state_of("workers") == state_of("beat") == "ok"


def test_the_sync_is_told_by_its_age_and_end():
    assert state_of("sync") == "warn"
    run(ago=timedelta(days=2))
    assert state_of("sync") == "warn"
    run()
    assert state_of("sync") == "ok"
    run("failed", ago=timedelta(minutes=1), errors=["60020"])
    assert state_of("sync") == "fail"


def test_a_sync_that_stands_still_is_a_red_line():
    assert state_of("sync_moves") == "ok"
    running = run("running", ago=timedelta(0))
    assert state_of("sync_moves") == "ok"
    SyncRun.objects.filter(pk=running.pk).update(
        progressed_at=timezone.now() - timedelta(minutes=20)
    )
    assert state_of("sync_moves") == "fail"


@pytest.mark.parametrize(("is_simulated", "state"), [(True, "warn"), (False, "fail")])
@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("DEBUG", True, "debug"),
        ("SECRET_KEY", "secret", "secret_key"),
        ("ALLOWED_HOSTS", ["*"], "allowed_hosts"),
        ("PUBLIC_URL", "http://127.0.0.1:9", "https"),
    ],
)
def test_what_strangers_could_use_is_told(settings, is_simulated, state, setting, value, name):
    settings.WECOM_SIMULATED = is_simulated
    setattr(settings, setting, value)
    assert state_of(name) == state


def test_a_safe_server_has_no_line_about_strangers(settings):
    settings.SECRET_KEY = "".join(map(chr, range(40, 95)))
    lines = found()
    for name in ("debug", "secret_key", "allowed_hosts"):
        assert lines[name].state.value == "ok", name


def test_the_public_name_must_be_allowed(settings):
    settings.PUBLIC_URL = "https://scrm.invalid"
    assert state_of("allowed_hosts") == "fail"
    settings.ALLOWED_HOSTS = [".invalid"]
    assert state_of("allowed_hosts") == "ok"


def test_https_needs_safe_cookies(settings):
    assert state_of("https") == "unknown"
    settings.PUBLIC_URL = "https://scrm.invalid"
    assert state_of("https") == "warn"
    settings.SESSION_COOKIE_SECURE = True
    assert state_of("https") == "ok"


@pytest.fixture
def proxy():
    """A web server that answers every GET as told; `proxy.say(status, leads_home=…)`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(self.server.status)
            if self.server.leads_home:
                self.send_header("Location", f"{self.server.url}{self.path}")
            self.end_headers()

        def log_message(self, *_args):
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "leads_home", "state"),
    [(200, False, "ok"), (301, True, "fail"), (400, False, "fail"), (403, False, "unknown")],
)
def test_a_proxy_that_hides_https_or_the_host_is_a_red_line(
    settings, proxy, status, leads_home, state
):
    proxy.status, proxy.leads_home = status, leads_home
    settings.PUBLIC_URL = proxy.url
    assert state_of("console_address") == state
