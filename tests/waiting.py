"""Wait for what another process does."""

from __future__ import annotations

import time
from threading import Event

_pause = Event()


def until(condition, *, seconds=60.0, what="the condition"):
    """Ask again and again until `condition()` is truthy; gives its value, or fails the test."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        _pause.wait(0.05)
    raise AssertionError(f"{what} did not come true within {seconds:.0f} s")
