"""The time of the pretend world: settable, and as fast as one likes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock:
    """A clock that can be set, jumped and sped up, and that survives a restart.

    `now()` is the world's time. `steady()` counts the seconds of technical deadlines (token,
    welcome code, rate windows): it runs at real pace whatever the speed, never backwards, and
    a jump forward counts as time that passed.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._real = self._world = wall()
        self._speed = 1.0
        self._jumped = 0.0
        self._here = threading.local()
        self.on_change: Callable[[], None] = lambda: None

    def timestamp(self) -> int:
        """The world's time as unix seconds, the form WeCom speaks."""
        return int(self._seen())

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._seen(), BEIJING)

    @contextmanager
    def as_of(self, second: int) -> Iterator[None]:
        """For this thread it is that second: what happened within a jump happens at its time."""
        self._here.second = second
        try:
            yield
        finally:
            del self._here.second

    def steady(self) -> float:
        return self._wall() + self._jumped

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        """Seconds of the world per real second; 0 stops it. Raises ValueError below 0."""
        if value < 0:
            raise ValueError("time cannot run backwards")
        self._restart(self._exact())
        self._speed = float(value)
        self.on_change()

    def set(self, moment: datetime) -> None:
        """Put the world's time to `moment` (aware); it goes on from there."""
        if moment.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        target = moment.timestamp()
        self._jumped += max(0.0, target - self._exact())
        self._restart(target)
        self.on_change()

    def advance(self, span: timedelta) -> None:
        """Let `span` pass at once."""
        self.set(datetime.fromtimestamp(self._exact(), BEIJING) + span)

    def state(self) -> dict[str, float]:
        """What `restore` needs to go on as if the process had never stopped."""
        return {
            "real": self._real,
            "world": self._world,
            "speed": self._speed,
            "jumped": self._jumped,
        }

    def restore(self, state: dict[str, float]) -> None:
        self._real, self._world = state["real"], state["world"]
        self._speed, self._jumped = state["speed"], state["jumped"]

    def _seen(self) -> float:
        second: float = getattr(self._here, "second", 0) or self._exact()
        return second

    def _exact(self) -> float:
        return self._world + (self._wall() - self._real) * self._speed

    def _restart(self, world: float) -> None:
        self._real, self._world = self._wall(), world


def moment(seconds: float) -> datetime:
    """Unix seconds as an aware datetime in Beijing time."""
    return datetime.fromtimestamp(seconds, BEIJING)
