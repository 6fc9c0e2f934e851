"""The embedded Postgres: Chinese text, a killed run, a clear word when it cannot start."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from scrm.embedded.postgres import EmbeddedPostgres, EmbeddedServerError


@contextmanager
def _server():
    with tempfile.TemporaryDirectory(prefix="scrm-pg-", dir="/tmp") as folder:
        root = Path(folder)
        root.chmod(0o711)
        server = EmbeddedPostgres(root / "data", root / "socket", root / "log")
        try:
            yield server
        finally:
            server.stop()


def _ask(server, sql):
    with psycopg2.connect(host=str(server.socket), user="scrm", dbname="scrm") as session:
        cursor = session.cursor()
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def test_trigrams_see_chinese(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT show_trgm('企业微信')")
        assert cursor.fetchone()[0]


def test_a_killed_server_comes_back_with_its_rows():
    with _server() as server:
        server.start()
        _ask(server, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server.start()
        assert _ask(server, "SELECT n FROM kept") == 7


_PARENT = """
import sys
from pathlib import Path
from scrm.embedded.postgres import EmbeddedPostgres
root = Path(sys.argv[1])
server = EmbeddedPostgres(root / "data", root / "socket", root / "log")
server.start()
print(server.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_the_server_shuts_down_when_its_supervisor_is_killed():
    with tempfile.TemporaryDirectory(prefix="scrm-pg-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        with subprocess.Popen(
            [sys.executable, "-c", _PARENT, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as parent:
            ended = os.pidfd_open(int(parent.stdout.readline()))
            parent.kill()
        assert select.select([ended], [], [], 20)[0], "the server still runs"
        os.close(ended)
        assert not (Path(folder) / "data" / "postmaster.pid").exists()


def test_a_folder_without_binaries_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SCRM_PG_BIN", str(tmp_path))
    with _server() as server, pytest.raises(EmbeddedServerError, match="SCRM_PG_BIN"):
        server.start()
