"""Pytest plugin: throw-away Postgres and Redis for a run, unless outside servers are named.

Loaded with `-p` because pytest-django reads the settings before any conftest is imported.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from scrm.embedded.home import Home
from scrm.embedded.postgres import EmbeddedPostgres
from scrm.embedded.redis import EmbeddedRedis

_SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class _Servers:
    def __init__(self) -> None:
        # Directly under /tmp: a socket's path may not be long, and the database's own account
        # must be able to enter it.
        self.root = Path(tempfile.mkdtemp(prefix="scrm-test-", dir="/tmp"))
        self.root.chmod(0o711)
        self.home = Home(self.root)
        self.postgres = EmbeddedPostgres(
            self.home.postgres_data,
            self.home.postgres_socket,
            self.root / "postgres.log",
            settings=_SPEED,
        )
        self.redis = EmbeddedRedis(
            self.home.redis_data, self.home.redis_socket, self.root / "redis.log"
        )

    def start(self) -> None:
        os.environ["SCRM_HOME"] = str(self.root)
        if not os.environ.get("DATABASE_URL"):
            self.home.sockets.mkdir(mode=0o711, exist_ok=True)
            self.postgres.start()
            os.environ["DATABASE_URL"] = self.home.database_url
        if not os.environ.get("REDIS_URL"):
            self.redis.start()
            os.environ["REDIS_URL"] = self.home.redis_url

    def stop(self) -> None:
        self.postgres.stop()
        self.redis.stop()
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.home.sockets, ignore_errors=True)


_servers: list[_Servers] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config, parser, args):
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        # Postgres gives each worker a database of its own; in Redis we number them ourselves.
        separator = "?db=" if os.environ["REDIS_URL"].startswith("unix://") else "/"
        os.environ["REDIS_URL"] += f"{separator}{int(worker[2:]) + 1}"
        return
    if "--collect-only" in args:
        return
    for name in list(os.environ):
        if name.startswith("WECOM_"):
            del os.environ[name]
    os.environ["SCRM_ENV_FILE"] = ""
    server = _Servers()
    _servers.append(server)
    server.start()


def pytest_unconfigure(config):
    while _servers:
        _servers.pop().stop()
