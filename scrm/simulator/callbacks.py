"""Events on their way to the product (回调): at least once, sometimes late, twice or never."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from itertools import count
from urllib.parse import urlsplit

from scrm.simulator import envelope
from scrm.simulator.events import Event
from scrm.simulator.fates import Fate, Fates
from scrm.simulator.identity import Identity

TRIES = 3
ANSWER_WITHIN = 5.0  # seconds, as WeCom waits
OVERTAKEN_WITHIN = 3.0  # seconds; when nothing follows, a reordered event goes all the same
_REMEMBERED = 1000
MODES = frozenset({"deliver", "hold"})
QUEUED, HELD, LATE, DELIVERED, FAILED, DROPPED = (
    "queued", "held", "late", "delivered", "failed", "dropped",
)  # fmt: skip


@dataclass(slots=True)
class Letter:
    """One event for delivery; `outcome` is the last HTTP status or what went wrong, `seconds`
    how long the last answer took, `unheard` how many good answers are to be lost.
    """

    number: int
    name: str
    plaintext: str
    timestamp: int
    subject: tuple[str, ...] = ()
    state: str = QUEUED
    fate: str = ""
    tries: int = 0
    outcome: str = ""
    seconds: float = 0.0
    unheard: int = 0


@dataclass(slots=True)
class _Late:
    """A letter that waits: until a moment, or until so many others have passed it."""

    due: float
    letter: Letter
    behind: int | None = None


class Callbacks:
    """Delivers events from background threads, encrypted and signed.

    `mode` "hold" keeps events back until `release`. `fates`, and the shorter `duplicate` copies
    of everything and next `drop`, make what WeCom promises not to exclude. `letters`,
    `delivered` and `failed` hold the last thousand of each. Undelivered events do not survive a
    restart; WeCom does not promise that either.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self.url = ""
        self.mode = "deliver"
        self.duplicate = 1
        self.drop = 0
        self.parallel = 1
        self.retry_pause = 0.5
        self.answer_within = ANSWER_WITHIN
        self.fates = Fates()
        self.letters: deque[Letter] = deque(maxlen=_REMEMBERED)
        self.delivered: deque[Letter] = deque(maxlen=_REMEMBERED)
        self.failed: deque[Letter] = deque(maxlen=_REMEMBERED)
        self.delivered_count = self.failed_count = self.dropped_count = 0
        self._numbers = count(1)
        self._held: list[Letter] = []
        self._late: list[_Late] = []
        self._queue: deque[Letter] = deque()
        self._busy = 0
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._stopped = False

    def send(self, event: Event, *, at: int) -> None:
        """Queue one event of the unix second `at`; without a URL nobody is told."""
        plaintext = event.xml(corp_id=self._identity.corp_id, at=at)
        with self._changed:
            if not self.url or self._stopped:
                return
            letter = Letter(next(self._numbers), event.name, plaintext, at, event.subject)
            self.letters.append(letter)
            fate = self.fates.take(event.name)
            if self.drop > 0:
                self.drop -= 1
                fate = Fate(0, "drop")
            self._send(letter, fate)

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
                lambda: not self._queue and not self._busy and not self._late, timeout=timeout
            )

    def held(self) -> list[str]:
        """The names of the events held back, in order."""
        with self._changed:
            return [letter.name for letter in self._held]

    def waiting(self) -> dict[str, int]:
        with self._changed:
            return {
                "queued": len(self._queue) + self._busy,
                "late": len(self._late),
                "held": len(self._held),
            }

    def latest(self, number: int) -> list[Letter]:
        """The last letters, the newest first."""
        with self._changed:
            newest = list(self.letters)[-number:] if number else []
            return [replace(letter) for letter in reversed(newest)]

    def verify(self, *, at: int) -> bool:
        """Ask the address to decrypt a random word, as WeCom does when it is entered."""
        query, expected = envelope.verification(self._identity, timestamp=at)
        status, body = _exchange("GET", self.url, query, b"", self.answer_within)
        return status == 200 and body == expected.encode()

    def stop(self) -> None:
        """Give up what is queued and end the threads."""
        with self._changed:
            self._stopped = True
            self._queue.clear()
            self._late.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=ANSWER_WITHIN)

    def _send(self, letter: Letter, fate: Fate | None) -> None:
        letter.fate = fate.kind if fate else ""
        copies = self.duplicate
        now = time.monotonic()
        match fate:
            case Fate(kind="drop"):
                letter.state = DROPPED
                self.dropped_count += 1
                return
            case Fate(kind="delay", value=seconds):
                self._put_off(_Late(now + seconds, letter))
                return
            case Fate(kind="reorder", value=behind):
                self._put_off(_Late(now + OVERTAKEN_WITHIN, letter, int(behind)))
                return
            case Fate(kind="duplicate", value=value):
                copies *= int(value)
            case Fate(kind="unheard", value=value):
                letter.unheard = int(value)
        letters = [letter, *(replace(letter) for _copy in range(copies - 1))]
        self.letters.extend(letters[1:])
        if self.mode == "hold":
            for held in letters:
                held.state = HELD
            self._held.extend(letters)
        else:
            self._enqueue(letters)
            self._overtake()

    def _put_off(self, late: _Late) -> None:
        late.letter.state = LATE
        self._late.append(late)
        self._wake()

    def _overtake(self) -> None:
        """One more event has passed those that wait to be overtaken."""
        for late in self._late:
            if late.behind is not None:
                late.behind -= 1
                if late.behind <= 0:
                    late.due = 0.0
        self._bring_late()

    def _bring_late(self) -> float | None:
        """Queue what is due; returns the seconds until the next is, None when there is none."""
        now = time.monotonic()
        due = [late for late in self._late if late.due <= now]
        self._late = [late for late in self._late if late.due > now]
        if due:
            self._enqueue([late.letter for late in due])
        return min((late.due - now for late in self._late), default=None)

    def _enqueue(self, letters: list[Letter]) -> None:
        for letter in letters:
            letter.state = QUEUED
        self._queue.extend(letters)
        self._wake()

    def _wake(self) -> None:
        while len(self._threads) < self.parallel:
            thread = threading.Thread(target=self._work, name="callbacks", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                letter = self._next()
                if letter is None:
                    return
                self._busy += 1
            arrived = self._deliver(letter)
            with self._changed:
                letter.state = DELIVERED if arrived else FAILED
                (self.delivered if arrived else self.failed).append(letter)
                self.delivered_count += arrived
                self.failed_count += not arrived
                self._busy -= 1
                self._changed.notify_all()

    def is_answered(self) -> bool:
        """Whether anybody answers at the callback address; yes without an address."""
        if not self.url:
            return True
        try:
            _exchange("GET", self.url, "", b"", self.answer_within)
        except (OSError, http.client.HTTPException):
            return False
        return True

    def _next(self) -> Letter | None:
        """Wait for a letter; None when it is over."""
        while not self._stopped:
            pause = self._bring_late()
            if self._queue:
                return self._queue.popleft()
            self._changed.wait(pause)
        return None

    def _deliver(self, letter: Letter) -> bool:
        for attempt in range(TRIES):
            if attempt:
                time.sleep(self.retry_pause)
            letter.tries += 1
            query, body = envelope.seal(
                self._identity, letter.plaintext, timestamp=letter.timestamp
            )
            began = time.monotonic()
            try:
                status, _answer = _exchange("POST", self.url, query, body, self.answer_within)
            except (OSError, http.client.HTTPException) as error:
                letter.outcome = type(error).__name__
                continue
            finally:
                letter.seconds = time.monotonic() - began
            letter.outcome = str(status)
            if letter.unheard > 0:
                letter.unheard -= 1
                letter.outcome = "unheard"
            elif status == 200:
                return True
        return False


def _exchange(method: str, url: str, query: str, body: bytes, within: float) -> tuple[int, bytes]:
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or address.hostname is None:
        raise OSError(f"not an address: {url!r}")
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname, address.port, timeout=within)
    try:
        connection.request(
            method, f"{address.path or '/'}?{query}", body or None, {"Content-Type": "text/xml"}
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
