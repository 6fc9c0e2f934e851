"""The callback address: how many a second, how quickly, and nothing lost while nobody handles.

Requests a second of our view against the barest Django view that does the same verification and
one raw INSERT, both under gunicorn as in production, in short rounds that take turns (closed loop
of 16 connections from another process; medians). Then the latency at 200 a second. Then, with no
worker running, a backlog is accepted and afterwards drained by two processes: every event must
have been kept and handled.

Run: `python -m bench.callbacks`; in full
`python -m bench.callbacks --rounds 9 --seconds 3 --paced 10 --backlog 10000`. `--forgeries N`
sends N forged requests as well and wants each refused and nothing written.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from bench._campaign import redis_server
from bench._database import throw_away_database
from scrm.simulator.corp import Corp
from scrm.simulator.server import Server

ROOT = Path(__file__).resolve().parent.parent
RATIO, P99_MS, PACE = 0.8, 20.0, 200
EDIT_EACH = 20  # of a backlog, so many events ask the pretend WeCom
DRAINERS = 2
_numbers = count(1, 1_000_000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.8)
    parser.add_argument("--paced", type=float, default=3.0, help="seconds at 200 a second")
    parser.add_argument("--backlog", type=int, default=2_000)
    parser.add_argument("--forgeries", type=int, default=500)
    asked = parser.parse_args()
    with throw_away_database(), redis_server(), Server(Corp()) as server, ExitStack() as stack:
        os.environ["WECOM_BASE_URL"] = f"{server.url}/cgi-bin/"
        _people(server.corp)
        ours = stack.enter_context(web("scrm.wsgi:application", "scrm.settings"))
        bare = stack.enter_context(web("bench._bare:application", "bench._bare_settings"))
        missed = [
            _speed(ours, bare, rounds=asked.rounds, seconds=asked.seconds),
            _latency(ours, seconds=asked.paced),
            _forged(ours, asked.forgeries),
            _backlog(ours, asked.backlog),
        ]
    return int(any(missed))


def _speed(ours: int, bare: int, *, rounds: int, seconds: float) -> bool:
    found: dict[int, list[float]] = {ours: [], bare: []}
    for port in (ours, bare):
        call(port, number=200)  # warm
    for _round in range(rounds):
        for port in (ours, bare):
            told = call(port, number=int(6000 * seconds), seconds=seconds)
            found[port].append(told["accepted"] / told["seconds"])
    mine, base = statistics.median(found[ours]), statistics.median(found[bare])
    print(
        f"requests a second: {mine:,.0f} of ours, {base:,.0f} of the bare view;"
        f" ratio {mine / base:.2f} (at least {RATIO})"
    )
    return bool(mine / base < RATIO)


def _latency(port: int, *, seconds: float) -> bool:
    told = call(port, number=int(PACE * seconds), rate=PACE)
    found = sorted(told["latencies"])
    p50, p99 = (found[int(len(found) * share)] for share in (0.5, 0.99))
    print(f"at {PACE}/s: half within {p50:.1f} ms, 99 % within {p99:.1f} ms (below {P99_MS:.0f})")
    return bool(p99 >= P99_MS)


def _forged(port: int, number: int) -> bool:
    """Random damage to a good request, and nothing of it may be kept or upset the server."""
    from django.conf import settings
    from django.db import connection

    from bench._caller import _request
    from scrm.wecom.callback.crypto import Cipher

    cipher = Cipher(
        settings.WECOM_CALLBACK_TOKEN, settings.WECOM_ENCODING_AES_KEY, settings.WECOM_CORP_ID
    )
    chance, statuses, took = random.Random(12), list[int](), list[float]()
    before = _rows(connection)
    head, _end, body = _request(cipher, next(_numbers), edits=0).partition(b"\r\n\r\n")
    path = head.split()[1].decode()
    for _each in range(number):
        damaged = bytearray(body)
        start, end = body.index(b"<Encrypt>") + 9, body.index(b"</Encrypt>")
        damaged[chance.randrange(start, end)] ^= 1 << chance.randrange(7)
        if chance.random() < 0.2:
            damaged = bytearray(chance.randbytes(chance.randrange(1, 3000)))
        began = time.perf_counter()
        statuses.append(_status(f"http://127.0.0.1:{port}{path}", bytes(damaged)))
        took.append((time.perf_counter() - began) * 1000)
    kept = _rows(connection) - before
    wrong = sum(status not in {400, 403} for status in statuses) + kept
    p99 = sorted(took)[int(number * 0.99)] if number else 0.0
    print(f"forged: {number:,} refused but for {wrong}, 99 % within {p99:.1f} ms, {kept} kept")
    return wrong > 0


def _backlog(port: int, number: int) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE wecom_callbackevent")
    told = call(port, number=number, edits=EDIT_EACH)
    print(
        f"without a worker: {told['accepted']:,} accepted in {told['seconds']:.1f} s,"
        f" {told['refused']} refused, {_rows(connection):,} kept"
    )
    began = time.monotonic()
    workers = [
        subprocess.Popen([sys.executable, "-m", "bench._drainer"], cwd=ROOT)
        for _each in range(DRAINERS)
    ]
    try:
        while _rows(connection, "state = 'new'") == number:
            time.sleep(0.02)
        started = time.monotonic()
        while _rows(connection, "state = 'new'") and time.monotonic() - began < 600:
            time.sleep(0.1)
        seconds = time.monotonic() - started
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    done, ignored = _rows(connection, "state = 'done'"), _rows(connection, "state = 'ignored'")
    lost = number - done - ignored
    print(
        f"drained by {DRAINERS} processes: {done:,} handled (each asked WeCom) and {ignored:,}"
        f" ignored in {seconds:.1f} s, {number / seconds:,.0f} a second; lost: {lost}"
    )
    return bool(lost or told["refused"])


def call(port: int, *, number: int, **options: float) -> dict[str, Any]:
    """Run the caller in a process of its own; what it printed."""
    from django.conf import settings

    more = [f"--{name}={value}" for name, value in options.items()]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench._caller", f"--port={port}", f"--number={number}"),
            *(f"--first={next(_numbers)}", f"--corp={settings.WECOM_CORP_ID}"),
            *(f"--token={settings.WECOM_CALLBACK_TOKEN}", *more),
            f"--key={settings.WECOM_ENCODING_AES_KEY}",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@contextmanager
def web(application: str, settings_module: str) -> Iterator[int]:
    """A web server as `make run` starts it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", application, "--preload"),
            *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
            *("--workers", "2", "--threads", "4", "--no-control-socket"),
            *("--log-level", "error"),
        ],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings_module, "SCRM_LOG_LEVEL": "ERROR"},
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"{application} did not start") from None
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _people(corp: Corp) -> None:
    """A thousand customers of one staff member, for the events that ask WeCom."""
    corp.add_staff("staff", "Staff")
    for number in range(1000):
        corp.add_contact(f"wm{number}", f"Customer {number}")
        corp.follow("staff", f"wm{number}")


def _status(url: str, body: bytes) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def _rows(connection: Any, condition: str = "true") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM wecom_callbackevent WHERE {condition}")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    sys.exit(main())
