"""Where an installation keeps its state, and the addresses that follow from it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SOCKET_ROOT = Path(tempfile.gettempdir())


@dataclass(frozen=True)
class Home:
    """One state folder (`SCRM_HOME`): databases, logs, the lock and what is running now.

    Sockets live under a short path in the temporary folder, because a Unix socket's path may
    not exceed 107 bytes.
    """

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The folder that `SCRM_HOME` names, else `.local/` beside manage.py."""
        default = Path(__file__).resolve().parents[2] / ".local"
        return cls(Path(os.environ.get("SCRM_HOME") or default).resolve())

    @property
    def sockets(self) -> Path:
        digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:10]
        return _SOCKET_ROOT / f"scrm-{os.getuid()}-{digest}"

    @property
    def postgres_data(self) -> Path:
        return self.root / "postgres"

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / "pg"

    @property
    def redis_data(self) -> Path:
        return self.root / "redis"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis" / "redis.sock"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def database_url(self) -> str:
        return f"postgresql://scrm@/scrm?host={self.postgres_socket}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}"

    @property
    def simulator_state(self) -> Path:
        return self.root / "simulator"

    @property
    def _runtime_file(self) -> Path:
        return self.root / "running.json"

    def runtime(self) -> dict[str, Any]:
        """What the supervisor wrote of its last start (ports, pid); empty when it never ran."""
        try:
            loaded = json.loads(self._runtime_file.read_text())
        except (OSError, ValueError):
            return {}
        return loaded if isinstance(loaded, dict) else {}

    def write_runtime(self, values: dict[str, Any]) -> None:
        temporary = self._runtime_file.with_suffix(".tmp")
        temporary.write_text(json.dumps(values))
        temporary.replace(self._runtime_file)
