"""Things that go wrong on request: wrong answers, lost answers, slow answers."""

from __future__ import annotations

import itertools
import random
from dataclasses import asdict, dataclass
from threading import Lock

KINDS = frozenset(
    {
        "errcode",  # refuse with this errcode; nothing happens
        "http",  # answer with this HTTP status; nothing happens
        "http_after",  # do it, then answer with this HTTP status
        "garbage",  # answer with HTML; nothing happens
        "garbage_after",  # do it, then answer with HTML
        "drop_before",  # reset the connection; nothing happens
        "drop_after",  # do it, then reset the connection
        "slow",  # wait `value` seconds, then do it
        "slow_after",  # do it, then wait `value` seconds with the answer
    }
)
EVERY_PATH = "*"


@dataclass(slots=True)
class Fault:
    """One fault for one API (or `*`), `count` times after letting `after` calls pass.

    `count` is what is left, None for ever; `share` is the part of the calls it strikes.
    """

    path: str
    kind: str
    value: float = 0
    count: int | None = 1
    after: int = 0
    share: float = 1.0
    fault_id: int = 0


class Faults:
    """The faults waiting to happen, the oldest first."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = Lock()
        self._waiting: list[Fault] = []
        self._ids = itertools.count(1)
        self._random = random.Random(seed)  # noqa: S311 - which calls are struck
        self.struck = 0

    def add(
        self,
        path: str = EVERY_PATH,
        kind: str = "errcode",
        value: float = 0,
        count: int | None = 1,
        after: int = 0,
        share: float = 1.0,
    ) -> Fault:
        """Plan a fault; raises ValueError for an unknown kind or a senseless number."""
        if kind not in KINDS:
            raise ValueError(f"kind: one of {', '.join(sorted(KINDS))}")
        if (count is not None and count < 1) or after < 0 or not 0 < share <= 1:
            raise ValueError("count: at least 1; after: at least 0; share: above 0 up to 1")
        name = path.removeprefix("/cgi-bin/")
        fault = Fault(name, kind, value, count, after, share, next(self._ids))
        with self._lock:
            self._waiting.append(fault)
        return fault

    def take(self, path: str) -> Fault | None:
        """The fault that strikes this call, if any; it is used up by one."""
        with self._lock:
            for fault in self._waiting:
                if fault.path not in (path, EVERY_PATH):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.share < 1 and self._random.random() >= fault.share:
                    continue
                if fault.count is not None:
                    fault.count -= 1
                    if not fault.count:
                        self._waiting.remove(fault)
                self.struck += 1
                return fault
        return None

    def clear(self, path: str | None = None, *, fault_id: int | None = None) -> None:
        """Forget the planned faults: of one API, one by its id, or all."""
        with self._lock:
            self._waiting = [
                fault
                for fault in self._waiting
                if (path is not None or fault_id is not None)
                and fault.path != path
                and fault.fault_id != fault_id
            ]

    def list(self) -> list[dict[str, object]]:
        with self._lock:
            return [asdict(fault) for fault in self._waiting]
