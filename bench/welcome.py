"""Welcomes under load: from WeCom's callback to WeCom's yes, alone and beside a broadcast.

New friends are added in the pretend corp at an even pace; each event goes through the real
callback address (gunicorn) to the real worker of welcomes, which calls back. First with nothing
else going on, as the baseline; then while a broadcast is being handed over by a sender. Every
code has to be answered, once, with 99 % of them within a second.

Run: `python -m bench.welcome`; in full
`python -m bench.welcome --seconds 20 --recipients 100000`.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench._campaign import ROOT, frozen, people, point_at, redis_server
from bench._database import throw_away_database
from bench.faults import sender
from scrm.simulator.corp import Corp
from scrm.simulator.server import Server

STAFF = 100
CALL_SECONDS = 0.03
P99_MS = 1_000
LIFE_MS = 20_000
WAIT_FOR_THE_LAST = 25.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=50, help="new friends a second")
    parser.add_argument("--seconds", type=int, default=4, help="of each of the two runs")
    parser.add_argument("--recipients", type=int, default=10_000, help="of the broadcast")
    asked = parser.parse_args()
    with throw_away_database(), redis_server(), Server(Corp()) as server:
        point_at(server)
        people(server.corp, recipients=asked.recipients, staff=STAFF)
        server.corp.settings.latency_seconds = CALL_SECONDS
        _write_welcome()
        with _web(server.corp), _processes([sys.executable, "manage.py", "welcomes"]):
            _add_friends(server.corp, count=asked.rate, rate=asked.rate)  # everybody warms up
            calm, wrong = _measured(server.corp, asked.rate, asked.seconds)
            print(f"alone:              {_words(calm)}, wrong: {wrong}")
            busy, wrong_too, batches = _beside_a_broadcast(server.corp, asked)
    print(f"beside a broadcast: {_words(busy)}, wrong: {wrong_too}; {batches}")
    print(f"ratio of the 99th percentiles {_percentile(busy, 99) / _percentile(calm, 99):.2f}")
    slow = _percentile(busy, 99) >= P99_MS or max(busy) >= LIFE_MS
    return int(slow or any(wrong.values()) or any(wrong_too.values()))


def _beside_a_broadcast(corp: Corp, asked: argparse.Namespace) -> tuple[list[int], Any, str]:
    from broadcasts.models import Batch

    batches = Batch.objects.filter(broadcast=frozen())
    accepted = batches.filter(state=Batch.State.ACCEPTED)
    handing_over = sender()
    try:
        while not accepted.exists():
            time.sleep(0.05)
        before = accepted.count()
        delays, wrong = _measured(corp, asked.rate, asked.seconds)
        words = f"{accepted.count() - before} of {batches.count()} batches handed over meanwhile"
    finally:
        handing_over.kill()
        handing_over.wait()
    return delays, wrong, words


def _measured(corp: Corp, rate: int, seconds: int) -> tuple[list[int], dict[str, int]]:
    """Milliseconds of each welcome, and how often each promise was broken."""
    from broadcasts.models import WelcomeDelivery

    calls = corp.calls["externalcontact/send_welcome_msg"]
    last = WelcomeDelivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    count = rate * seconds
    people_added = _add_friends(corp, count=count, rate=rate)
    rows = WelcomeDelivery.objects.filter(pk__gt=last)
    delays = [row.delay_ms for row in rows if row.delay_ms is not None]
    greeted = sum(bool(w.sent_at) for w in corp.welcomes.values() if w.code in people_added)
    repeated = corp.calls["externalcontact/send_welcome_msg"] - calls - count
    return sorted(delays) or [LIFE_MS], {
        "unanswered": count - greeted,
        "unrecorded": count - len(delays),
        "called twice": max(0, repeated),
    }


def _add_friends(corp: Corp, *, count: int, rate: int) -> set[str]:
    """So many new friends at an even pace; waits until each code has its outcome."""
    from broadcasts.models import WelcomeDelivery

    rows = WelcomeDelivery.objects.exclude(state=WelcomeDelivery.State.SENDING)
    expected, codes = rows.count() + count, set()
    began = time.monotonic()
    for number in range(count):
        person = corp.add_contact()
        userid = f"staff{number % STAFF}"
        codes.add(corp.follow(userid, person, callback=True, welcome=True))
        time.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    deadline = time.monotonic() + WAIT_FOR_THE_LAST
    while rows.count() < expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return codes


def _write_welcome() -> None:
    from django.utils import timezone

    from broadcasts.services.welcome_checks import WelcomeDraft
    from broadcasts.services.welcomes import create_welcome

    draft = WelcomeDraft(name="Measured", text="你好，{customer}，我是{staff}。")
    create_welcome(draft=draft, operator=None, now=timezone.now())


@contextmanager
def _web(corp: Corp) -> Iterator[None]:
    """The callback address behind gunicorn, as the product starts it; the corp tells it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "gunicorn", "scrm.wsgi:application", "--preload"),
        *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "2"),
        *("--threads", "4", "--log-level", "error", "--no-control-socket"),
    ]
    with _processes(command):
        for _try in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            except URLError as error:
                if getattr(error, "code", 0) == 503:
                    break
                time.sleep(0.1)
        corp.callbacks.parallel = 4
        corp.callbacks.url = f"http://127.0.0.1:{port}/wecom/callback/"
        yield
        corp.callbacks.url = ""


@contextmanager
def _processes(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "SCRM_DEBUG": "1"}, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _percentile(ordered: list[int], share: int) -> int:
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def _words(delays: list[int]) -> str:
    shares = " / ".join(f"{_percentile(delays, share)}" for share in (50, 95, 99))
    return f"{len(delays)} welcomes, p50 / p95 / p99 {shares} ms, slowest {max(delays)} ms"


if __name__ == "__main__":
    sys.exit(main())
