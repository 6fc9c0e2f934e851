"""Real Celery workers with beat, working on the test's own database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


class Worker:
    """One worker process with beat inside, in a process group of its own, to be killed or stopped.

    `extra` are environment variables, such as shorter waits for the broadcast engine.
    """

    def __init__(self, **extra: str) -> None:
        self._environment = {
            **os.environ,
            "DATABASE_URL": _test_database_url(),
            "WECOM_BASE_URL": settings.WECOM_BASE_URL,
            "WECOM_CORP_ID": settings.WECOM_CORP_ID,
            "WECOM_AGENT_ID": str(settings.WECOM_AGENT_ID),
            "WECOM_SECRET": settings.WECOM_SECRET,
            "WECOM_CALLBACK_TOKEN": settings.WECOM_CALLBACK_TOKEN,
            "WECOM_ENCODING_AES_KEY": settings.WECOM_ENCODING_AES_KEY,
            "SCRM_DEBUG": "1",  # the simulator speaks http
            "PYTHONUNBUFFERED": "1",
            **extra,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Worker:
        log = Path(os.environ["SCRM_HOME"]) / "worker.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "scrm.celery", "worker"),
                    *("--beat", "--schedule", str(log.with_name("worker-beat"))),
                    *("-Q", ",".join(settings.QUEUES), "-c", "2", "-l", "INFO"),
                    *("--without-gossip", "--without-mingle"),
                ],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def kill(self) -> None:
        """`kill -9` of the worker and every process of its pool, as a power cut would."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()


def _test_database_url() -> str:
    url = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(url._replace(path="/" + connection.settings_dict["NAME"]))
