"""How often and how many at once an API may be called (频率与并发限制)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from scrm.simulator.errors import ApiError
from scrm.simulator.records import Settings

MINUTE, HOUR = 60.0, 3600.0
_KNOCKS_KEPT = 10_000
# Fewer calls an hour than of other APIs.
SCARCE = {"get_jsapi_ticket": 400, "ticket/get": 100}
# Not counted at all; messages to staff have limits of their own.
FREE = frozenset({"auth/getuserinfo", "user/getuserinfo", "message/send", "appchat/send"})
DEBUGGING_PER_MINUTE = 5  # for calls with `debug` in their query


class Limits:
    """Sliding windows and running calls per API, with the worst that was seen.

    Refused calls do not count against the windows, so the peaks are what really got through.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Forget every call and every peak."""
        with self._lock:
            self._minute: dict[str, deque[float]] = {}
            self._hour: dict[str, deque[float]] = {}
            self._knocks: dict[str, deque[float]] = {}
            self._running: Counter[str] = Counter()
            self._alone: set[str] = set()
            self.peak_minute: Counter[str] = Counter()
            self.peak_hour: Counter[str] = Counter()
            self.peak_parallel: Counter[str] = Counter()

    def knock(self, path: str, now: float) -> None:
        """Note a call that arrives, whatever becomes of it."""
        with self._lock:
            self._knocks.setdefault(path, deque(maxlen=_KNOCKS_KEPT)).append(now)

    def knocks(self, path: str) -> list[float]:
        """When each of the last calls arrived, in steady seconds, also those a fault struck."""
        with self._lock:
            return list(self._knocks.get(path, ()))

    def enter(self, path: str, settings: Settings, now: float, *, debug: bool = False) -> None:
        """Let one call in; raises ApiError 45009 (too often) or 45033 (too many at once)."""
        a_minute = DEBUGGING_PER_MINUTE if debug else settings.calls_per_minute
        with self._lock:
            if self._running[path] >= settings.parallel_calls:
                raise ApiError(45033)
            minute = _pruned(self._minute, path, now - MINUTE)
            hour = _pruned(self._hour, path, now - HOUR)
            most = min(settings.calls_per_hour, SCARCE.get(path, settings.calls_per_hour))
            if path not in FREE and (len(minute) >= a_minute or len(hour) >= most):
                raise ApiError(45009)
            minute.append(now)
            hour.append(now)
            self._running[path] += 1
            self.peak_minute[path] = max(self.peak_minute[path], len(minute))
            self.peak_hour[path] = max(self.peak_hour[path], len(hour))
            self.peak_parallel[path] = max(self.peak_parallel[path], self._running[path])

    def arrivals(self, path: str) -> list[float]:
        """When each call of the last hour was let in, in steady seconds."""
        with self._lock:
            return list(self._hour.get(path, ()))

    def worst(self, path: str, seconds: float) -> int:
        """The most calls let in within any `seconds` of the last hour, wherever they begin."""
        return worst_of(self.arrivals(path), seconds)

    def leave(self, path: str) -> None:
        with self._lock:
            self._running[path] -= 1

    @contextmanager
    def alone(self, subject: str) -> Iterator[None]:
        """Be the only one who changes `subject`, else ApiError 45033; "" is nobody's."""
        with self._lock:
            if subject in self._alone:
                raise ApiError(45033)
            if subject:
                self._alone.add(subject)
        try:
            yield
        finally:
            with self._lock:
                self._alone.discard(subject)


def worst_of(times: Sequence[float], seconds: float) -> int:
    """The most of these ascending times that lie within any `seconds`."""
    most = first = 0
    for place, moment in enumerate(times):
        while times[first] <= moment - seconds:
            first += 1
        most = max(most, place - first + 1)
    return most


def _pruned(windows: dict[str, deque[float]], path: str, oldest: float) -> deque[float]:
    window = windows.setdefault(path, deque())
    while window and window[0] <= oldest:
        window.popleft()
    return window
