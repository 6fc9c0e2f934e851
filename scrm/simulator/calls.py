"""Which APIs were called how often."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from threading import Lock

_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One API call; `errcode` None when no readable answer was given."""

    path: str
    at: float
    errcode: int | None
    seconds: float
    fault: str = ""


class Calls(Counter[str]):
    """A counter by path, the refusals by path and code, and the last thousand calls."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: Counter[tuple[str, int]] = Counter()
        self.recent: deque[Call] = deque(maxlen=_REMEMBERED)
        self._lock = Lock()

    def note(self, call: Call) -> None:
        with self._lock:
            self[call.path] += 1
            if call.errcode:
                self.refusals[call.path, call.errcode] += 1
            self.recent.append(call)

    def reset(self) -> None:
        """Start counting anew."""
        with self._lock:
            self.clear()
            self.refusals.clear()
            self.recent.clear()
