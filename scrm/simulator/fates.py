"""What can happen to an event on its way (回调的命运): what WeCom promises not to exclude."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from itertools import count
from threading import Lock

# kind → the usual value, and what the value means
KINDS = {
    "duplicate": 2,  # so many copies are delivered
    "delay": 10,  # seconds later
    "reorder": 1,  # so many later events overtake it
    "drop": 0,  # it never leaves
    "unheard": 1,  # the product answers, so many times nobody hears it: it is sent again
}
EVERY_EVENT = "*"


@dataclass(slots=True)
class Fate:
    """One fate for one kind of event (or `*`), for the next `number` of them (None: for ever);
    `share` is the part of them it strikes. `event` is the name as in "Event/ChangeType", or one
    of its halves.
    """

    fate_id: int
    kind: str
    event: str = EVERY_EVENT
    value: float = 0
    number: int | None = 1
    share: float = 1.0

    def means(self, name: str) -> bool:
        return self.event in (EVERY_EVENT, name, *name.split("/"))


class Fates:
    """The fates waiting for events; of several that fit the oldest strikes."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = Lock()
        self._waiting: list[Fate] = []
        self._ids = count(1)
        self._random = random.Random(seed)  # noqa: S311 - which events are struck

    def add(
        self,
        kind: str,
        event: str = EVERY_EVENT,
        *,
        value: float | None = None,
        number: int | None = 1,
        share: float = 1.0,
    ) -> Fate:
        """Plan a fate; raises ValueError for an unknown kind or a senseless number."""
        if kind not in KINDS:
            raise ValueError(f"kind: one of {', '.join(KINDS)}")
        value = KINDS[kind] if value is None else value
        if not 0 <= value <= 3600 or (number is not None and number < 1) or not 0 < share <= 1:
            raise ValueError("value: 0 to 3600; number: at least 1; share: above 0 up to 1")
        fate = Fate(next(self._ids), kind, event, value, number, share)
        with self._lock:
            self._waiting.append(fate)
        return fate

    def take(self, name: str) -> Fate | None:
        """The fate of this event, if any; it is used up by one."""
        with self._lock:
            for fate in self._waiting:
                if not fate.means(name) or (fate.share < 1 and self._random.random() >= fate.share):
                    continue
                if fate.number is not None:
                    fate.number -= 1
                    if not fate.number:
                        self._waiting.remove(fate)
                return fate
        return None

    def clear(self, fate_id: int | None = None) -> None:
        """Forget the planned fates, one or all."""
        with self._lock:
            self._waiting = [
                fate for fate in self._waiting if fate_id is not None and fate.fate_id != fate_id
            ]

    def list(self) -> list[dict[str, object]]:
        with self._lock:
            return [asdict(fate) for fate in self._waiting]
