"""Keep a step of the heartbeat short, however slowly WeCom answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

SECONDS = 10.0


def for_a_while(items: Iterable[Item], *, seconds: float = SECONDS) -> Iterator[Item]:
    """The first of `items` and as many more as fit into the time; the next tick takes the rest.

    A hundred calls that each wait for their time-out would hold up what must not be late.
    """
    until = time.monotonic() + seconds
    for item in items:
        yield item
        if time.monotonic() >= until:
            return
