"""Events on their way to the product (回调): at least once, sometimes late, twice or never."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

from scrm.simulator import envelope
from scrm.simulator.events import Event
from scrm.simulator.identity import Identity

TRIES = 3
ANSWER_WITHIN = 5.0  # seconds, as WeCom waits
_REMEMBERED = 1000
MODES = frozenset({"deliver", "hold"})


@dataclass(slots=True)
class Letter:
    """One event for delivery; `outcome` is the last HTTP status or what went wrong."""

    name: str
    plaintext: str
    timestamp: int
    tries: int = 0
    outcome: str = ""


class Callbacks:
    """Delivers events from background threads, encrypted and signed.

    `mode` "hold" keeps events back until `release`. The next `duplicate` copies, `drop` and
    `shuffle` make what WeCom promises not to exclude: copies, losses and a changed order.
    `delivered` and `failed` hold the last thousand of each. Undelivered events do not survive a restart; WeCom does not promise that either.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self.url = ""
        self.mode = "deliver"
        self.duplicate = 1
        self.drop = 0
        self.parallel = 1
        self.retry_pause = 0.5
        self.delivered: deque[Letter] = deque(maxlen=_REMEMBERED)
        self.failed: deque[Letter] = deque(maxlen=_REMEMBERED)
        self.delivered_count = self.failed_count = 0
        self._held: list[Letter] = []
        self._queue: deque[Letter] = deque()
        self._busy = 0
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._stopped = False

    def send(self, event: Event, *, at: int) -> None:
        """Queue one event of the unix second `at`; without a URL nobody is told."""
        letter = Letter(event.name, event.xml(corp_id=self._identity.corp_id, at=at), at)
        with self._changed:
            if not self.url or self._stopped:
                return
            if self.drop > 0:
                self.drop -= 1
                return
            copies = [
                Letter(letter.name, letter.plaintext, letter.timestamp)
                for _copy in range(self.duplicate)
            ]
            if self.mode == "hold":
                self._held.extend(copies)
            else:
                self._enqueue(copies)

    def release(self, *, shuffle: bool = False, seed: int = 0) -> int:
        """Deliver what was held, in order or shuffled; returns how many."""
        with self._changed:
            letters, self._held = self._held, []
            if shuffle:
                random.Random(seed).shuffle(letters)  # noqa: S311 - an order, not a secret
            self._enqueue(letters)
            return len(letters)

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is on its way any more; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._queue and not self._busy, timeout=timeout
            )

    def held(self) -> list[str]:
        """The names of the events held back, in order."""
        with self._changed:
            return [letter.name for letter in self._held]

    def waiting(self) -> dict[str, int]:
        with self._changed:
            return {"queued": len(self._queue) + self._busy, "held": len(self._held)}

    def verify(self, *, at: int) -> bool:
        """Ask the address to decrypt a random word, as WeCom does when it is entered."""
        query, expected = envelope.verification(self._identity, timestamp=at)
        status, body = _exchange("GET", self.url, query, b"")
        return status == 200 and body == expected.encode()

    def stop(self) -> None:
        """Give up what is queued and end the threads."""
        with self._changed:
            self._stopped = True
            self._queue.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=ANSWER_WITHIN)

    def _enqueue(self, letters: list[Letter]) -> None:
        self._queue.extend(letters)
        while len(self._threads) < self.parallel:
            thread = threading.Thread(target=self._work, name="callbacks", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._stopped)
                if self._stopped:
                    return
                letter = self._queue.popleft()
                self._busy += 1
            arrived = self._deliver(letter)
            with self._changed:
                (self.delivered if arrived else self.failed).append(letter)
                self.delivered_count += arrived
                self.failed_count += not arrived
                self._busy -= 1
                self._changed.notify_all()

    def _deliver(self, letter: Letter) -> bool:
        for attempt in range(TRIES):
            if attempt:
                time.sleep(self.retry_pause)
            letter.tries += 1
            query, body = envelope.seal(
                self._identity, letter.plaintext, timestamp=letter.timestamp
            )
            try:
                status, _answer = _exchange("POST", self.url, query, body)
            except (OSError, http.client.HTTPException) as error:
                letter.outcome = type(error).__name__
                continue
            letter.outcome = str(status)
            if status == 200:
                return True
        return False


def _exchange(method: str, url: str, query: str, body: bytes) -> tuple[int, bytes]:
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or address.hostname is None:
        raise OSError(f"not an address: {url!r}")
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname, address.port, timeout=ANSWER_WITHIN)
    try:
        connection.request(
            method, f"{address.path or '/'}?{query}", body or None, {"Content-Type": "text/xml"}
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
