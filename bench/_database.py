"""A database of its own for a benchmark, made before Django reads its settings."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrm.embedded.home import Home
from scrm.embedded.postgres import EmbeddedPostgres


@contextmanager
def throw_away_database() -> Iterator[EmbeddedPostgres]:
    """A started, migrated embedded Postgres and Django set up on it; nothing of it stays."""
    root = Path(tempfile.mkdtemp(prefix="scrm-bench-", dir="/tmp"))
    root.chmod(0o711)
    home = Home(root)
    home.sockets.mkdir(mode=0o711, exist_ok=True)
    postgres = EmbeddedPostgres(home.postgres_data, home.postgres_socket, root / "postgres.log")
    try:
        postgres.start()
        os.environ |= {
            "SCRM_HOME": str(root),
            "DATABASE_URL": home.database_url,
            "DJANGO_SETTINGS_MODULE": "scrm.settings",
        }
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        yield postgres
        connections.close_all()
    finally:
        postgres.stop()
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(home.sockets, ignore_errors=True)


def cut_power(postgres: EmbeddedPostgres) -> None:
    """End the server at once (`immediate`): nothing is written, nobody is told."""
    process = postgres.process
    assert process is not None
    process.send_signal(signal.SIGQUIT)
    process.wait()
