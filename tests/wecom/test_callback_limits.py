"""The callback address over a real socket and with the database really gone."""

from __future__ import annotations

import gzip
import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from scrm.wecom.callback.views import MOST_BYTES
from scrm.wecom.models import CallbackEvent
from tests.wecom.letters import ADDRESS, event, sealed

ROOT = Path(__file__).resolve().parents[2]
ADDED = ("change_external_contact", "add_external_contact")


@pytest.fixture(scope="module")
def server(django_db_setup):
    """The product's own web server on a free port, without a database of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "scrm.wsgi:application"]
    # Nobody listens on port 1.
    env = {**os.environ, "DATABASE_URL": "postgresql://x:x@127.0.0.1:1/x"}
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "error"],
        cwd=ROOT,
        env=env,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert process.poll() is None
    yield port
    process.terminate()
    _out, errors = process.communicate(timeout=30)
    assert b"Traceback" not in errors, errors.decode()


def send(port, head, *pieces):
    """Raw bytes to the server; gives the status it answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head)
        for piece in pieces:
            try:
                line.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break  # it has heard enough
        try:
            first = line.recv(4096).partition(b"\r\n")[0]
        except ConnectionResetError:
            return None
    return int(first.split()[1]) if first else None


def head(query, *headers):
    lines = [f"POST {ADDRESS}?{urlencode(query)} HTTP/1.1", "Host: localhost", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def chunks(body, size=8192):
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def test_without_the_database_wecom_is_asked_to_repeat(server, settings):
    query, body = sealed(settings, event(*ADDED, WelcomeCode="CODE"))
    assert send(server, head(query, f"Content-Length: {len(body)}"), body) == 503


def test_without_the_database_forgeries_are_refused_all_the_same(server, settings):
    query, body = sealed(settings, event(*ADDED), token="guessed")
    assert send(server, head(query, f"Content-Length: {len(body)}"), body) == 403


def test_a_body_in_chunks_without_a_length_is_refused(server, settings):
    query, body = sealed(settings, event(*ADDED))
    assert send(server, head(query, "Transfer-Encoding: chunked"), *chunks(body)) == 400


def test_a_giant_in_chunks_is_not_read_to_its_end(server, settings):
    query, _body = sealed(settings, event(*ADDED))
    began = time.monotonic()
    giant = chunks(b"x" * (50 * 1024 * 1024), size=65536)
    assert send(server, head(query, "Transfer-Encoding: chunked"), *giant) in {400, 413, None}
    assert time.monotonic() - began < 5


def test_a_giant_by_its_length_is_refused_before_it_comes(server, settings):
    query, _body = sealed(settings, event(*ADDED))
    length = f"Content-Length: {50 * 1024 * 1024}"
    assert send(server, head(query, length)) == 413
    assert send(server, head(query, f"Content-Length: {MOST_BYTES + 1}")) == 413


def test_a_packed_body_is_not_unpacked(server, settings):
    query, body = sealed(settings, event(*ADDED))
    packed = gzip.compress(body)
    bomb = gzip.compress(b"<a>" * 10_000_000)
    for content in (packed, bomb[:MOST_BYTES]):
        asked = head(query, "Content-Encoding: gzip", f"Content-Length: {len(content)}")
        assert send(server, asked, content) in {400, 403}


def test_a_thousand_forgeries_are_refused_quickly_and_write_nothing(client, settings, db):
    draw = random.Random(12)
    query, body = sealed(settings, event(*ADDED, WelcomeCode="C"))
    took = []
    for _number in range(1000):
        forged, text = dict(query), bytearray(body)
        match draw.randrange(4):
            case 0:
                forged[draw.choice(list(forged))] = draw.randbytes(draw.randrange(1, 40)).hex()
            case 1:
                place = draw.randrange(body.index(b"<Encrypt>") + 9, body.index(b"</Encrypt>"))
                text[place] = draw.choice(b"ABCDEFGHabcdefgh0123456789+/=<>&\x00\xff")
            case 2:
                text = text[: draw.randrange(len(text))]
            case _:
                text = bytearray(draw.randbytes(draw.randrange(2000)))
        if forged == query and bytes(text) == body:
            continue
        began = time.perf_counter()
        path = f"{ADDRESS}?{urlencode(forged)}"
        answer = client.post(path, bytes(text), content_type="text/xml")
        took.append(time.perf_counter() - began)
        assert answer.status_code in {400, 403}
    assert CallbackEvent.objects.count() == 0
    assert sorted(took)[int(len(took) * 0.99)] < 0.1
