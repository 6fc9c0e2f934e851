"""The sync while Postgres dies: shut down at once (`immediate`) and started again, many times.

One walk goes on through every restart, as a worker's would. Afterwards a second, undisturbed sync
must find nothing that differs from the pretend WeCom; every figure after "wrong" has to be 0.
Run: `python -m bench.restarts [--contacts 20000] [--restarts 5] [--seed 6]`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench import _corp
from bench._campaign import redis_server
from bench._database import cut_power
from bench.sync import UNLIMITED
from scrm.embedded.home import Home
from scrm.embedded.postgres import EmbeddedPostgres, EmbeddedServerError


class Trouble(threading.Thread):
    """Kills the server at random moments and brings it back, until it is told to end."""

    def __init__(self, postgres: EmbeddedPostgres, *, restarts: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self.over, self.end = threading.Event(), threading.Event()
        self._postgres = postgres
        self._restarts = restarts
        self._chance = random.Random(seed)

    def run(self) -> None:
        self._restart_often()
        # A server goes when the thread that started it ends.
        self.end.wait()

    def _restart_often(self) -> None:
        for _restart in range(self._restarts):
            if self.over.wait(self._chance.uniform(0.3, 2.0)):
                return
            cut_power(self._postgres)
            time.sleep(self._chance.uniform(0.0, 1.0))
            self._bring_back()
            self.done += 1

    def _bring_back(self) -> None:
        while True:
            try:
                self._postgres.start()
            except EmbeddedServerError as error:
                print(f"  Postgres takes its time: {error}", flush=True)
            else:
                return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--staff", type=int, default=200)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=6)
    asked = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="scrm-bench-", dir="/tmp"))
    root.chmod(0o711)
    home = Home(root)
    home.sockets.mkdir(mode=0o711, exist_ok=True)
    # Its processes die, the machine does not: what they wrote stays without being forced to disk.
    postgres = EmbeddedPostgres(
        home.postgres_data, home.postgres_socket, root / "postgres.log", settings={"fsync": "off"}
    )
    corp = _corp.serving(customers=asked.contacts, staff=asked.staff)
    try:
        postgres.start()
        os.environ |= {**UNLIMITED, "SCRM_HOME": str(root)}
        with redis_server(), corp as url:
            os.environ |= {
                "DATABASE_URL": home.database_url,
                "DJANGO_SETTINGS_MODULE": "scrm.settings",
                "WECOM_BASE_URL": f"{url}/cgi-bin/",
            }
            trouble = Trouble(postgres, restarts=asked.restarts, seed=asked.seed)
            return 1 if _wrong(trouble, customers=asked.contacts) else 0
    finally:
        postgres.stop()
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(home.sockets, ignore_errors=True)


def _wrong(trouble: Trouble, *, customers: int) -> int:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from contacts.models import Contact, Follow
    from scrm.wecom.models import SyncGap

    began = time.perf_counter()
    trouble.start()
    lives = _synced()
    trouble.over.set()
    seconds = time.perf_counter() - began
    words = f"{customers:,} customers through {trouble.done} restarts in {seconds:.1f} s"
    print(f"{words}, {lives} walks", flush=True)
    _synced()
    wrong = {
        "customers": abs(Contact.objects.count() - customers),
        "relations": abs(Follow.objects.filter(status="active").count() - customers),
        "differences found afterwards": SyncGap.objects.count(),
    }
    trouble.end.set()
    trouble.join()
    print("wrong: " + ", ".join(f"{number} {name}" for name, number in wrong.items()))
    return sum(wrong.values())


def _synced() -> int:
    """Walk a full sync to its end; answers how many walks that took."""
    from django.db import Error, connections
    from django.utils import timezone

    from contacts.services.sync.runs import SyncInterrupted, start_run, walk

    for lives in range(1, 100):
        try:
            run = start_run(is_full=True, now=timezone.now())
            if walk(run_id=run.pk, clock=timezone.now).state == "done":
                return lives
            raise SystemExit(f"the sync ended otherwise: {run.errors}")
        except (SyncInterrupted, Error) as error:
            # As a worker does: its session is gone, the next tick takes the run up.
            print(f"  taken up again after {type(error).__name__}", flush=True)
            connections.close_all()
            time.sleep(1)
    raise SystemExit("the sync never came to its end")


if __name__ == "__main__":
    sys.exit(main())
