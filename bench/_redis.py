"""A Redis of its own for a benchmark that needs no database, and Django set up on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrm.embedded.home import Home
from scrm.embedded.redis import EmbeddedRedis


@contextmanager
def throw_away_redis() -> Iterator[None]:
    """A started embedded Redis that this process and its children use; nothing of it stays."""
    root = Path(tempfile.mkdtemp(prefix="scrm-bench-", dir="/tmp"))
    home = Home(root)
    home.sockets.mkdir(mode=0o711, exist_ok=True)
    server = EmbeddedRedis(home.redis_data, home.redis_socket, root / "redis.log")
    try:
        server.start()
        os.environ |= {
            "SCRM_HOME": str(root),
            "DATABASE_URL": home.database_url,  # never connected to
            "REDIS_URL": home.redis_url,
            "DJANGO_SETTINGS_MODULE": "scrm.settings",
        }
        import django

        django.setup()
        yield
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(home.sockets, ignore_errors=True)
