"""The worker of welcomes (欢迎语进程): a process of its own, so that nothing stands before a code.

One thread takes letters out of Redis, one looks for codes whose letters got lost, four make the
calls. What is in hand is only a hurry: whatever dies here is found again in the inbox.

One more beats the heart of broadcasts (群发心跳), because nothing in this process needs Redis or
Celery to go on: without either, windows still open and close by what Postgres says.
"""

from __future__ import annotations

import heapq
import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from broadcasts.services import tick as heartbeat
from broadcasts.services.welcome_delivery import LIFE, Answerer
from broadcasts.services.welcome_recovery import living_letters
from scrm.health import WELCOMES, say_alive
from scrm.ratelimit.store import RedisError
from scrm.wecom.callback import letters
from scrm.wecom.callback.letters import WelcomeLetter

log = logging.getLogger(__name__)

CALLS_AT_ONCE = 4
LOOK_EVERY = 1.0
TICK_EVERY = 5.0
BEAT_EVERY = 10.0
# What is due when the process is told to stop is still sent, within this time.
LAST_SECONDS = 8.0
_POP_SECONDS = 1
_SHORT, _LONG = 0.2, 2.0


class InHand:
    """Letters that wait for a call, by the moment of the call; each code only once."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, WelcomeLetter]] = []
        self._codes: set[str] = set()
        self._numbers = count()
        self._changed = threading.Condition()
        self._is_closed = False

    def put(self, letter: WelcomeLetter, at: datetime) -> None:
        with self._changed:
            if letter.code not in self._codes:
                self._codes.add(letter.code)
                self._push(letter, at)

    def again(self, letter: WelcomeLetter, at: datetime) -> None:
        """Give back what `take` gave, for another attempt."""
        with self._changed:
            self._push(letter, at)

    def done(self, letter: WelcomeLetter) -> None:
        with self._changed:
            self._codes.discard(letter.code)

    def close(self) -> None:
        """From now on `take` gives what is due at once, and then None."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def take(self) -> WelcomeLetter | None:
        """The next letter, waited for until it is due; None after `close`."""
        with self._changed:
            while True:
                wait = None
                if self._waiting:
                    wait = (self._waiting[0][0] - timezone.now()).total_seconds()
                    if wait <= 0:
                        return heapq.heappop(self._waiting)[2]
                if self._is_closed:
                    return None
                self._changed.wait(wait)

    def _push(self, letter: WelcomeLetter, at: datetime) -> None:
        heapq.heappush(self._waiting, (at, next(self._numbers), letter))
        self._changed.notify()


class Worker:
    """All threads of one process."""

    def __init__(self) -> None:
        self._in_hand = InHand()
        self._answerer = Answerer()
        self._stopping = threading.Event()

    def stop(self, *_signal: object) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Until `stop`; then what is due is still sent."""
        callers = [self._thread(self._answer) for _each in range(CALLS_AT_ONCE)]
        self._thread(self._search)
        self._thread(self._keep_time)
        self._read()
        self._in_hand.close()
        deadline = time.monotonic() + LAST_SECONDS
        for caller in callers:
            caller.join(max(0.0, deadline - time.monotonic()))

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        def until_the_end() -> None:
            try:
                work()
            finally:
                connection.close()
                # Without one of its threads this process only looks alive; the next one is whole.
                self._stopping.set()

        thread = threading.Thread(target=until_the_end, name=work.__name__, daemon=True)
        thread.start()
        return thread

    def _read(self) -> None:
        """Letters out of Redis; while it is away, the search alone brings codes."""
        pause = _SHORT
        while not self._stopping.is_set():
            try:
                letter = letters.pop(patience=_POP_SECONDS)
            except (RedisError, ValueError, LookupError) as error:
                log.warning("no letters: %s; again in %.1f s", type(error).__name__, pause)
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONG)
                continue
            pause = _SHORT
            if letter is not None:
                self._in_hand.put(letter, timezone.now())

    def _search(self) -> None:
        """Codes in the inbox whose letter got lost, or whose caller died."""
        beat_at = 0.0
        while not self._stopping.wait(LOOK_EVERY):
            now = timezone.now()
            try:
                close_old_connections()
                for letter in living_letters(now=now):
                    self._in_hand.put(letter, now)
            except (DatabaseError, InterfaceError) as error:
                log.warning("inbox not searched: %s", type(error).__name__)
                connection.close()
                continue
            if time.monotonic() >= beat_at:
                say_alive(WELCOMES)
                beat_at = time.monotonic() + BEAT_EVERY

    def _keep_time(self) -> None:
        """Ticks besides those of beat; at most one process is at it at a time."""
        while not self._stopping.wait(TICK_EVERY):
            try:
                close_old_connections()
                heartbeat.tick(now=timezone.now())
            except (DatabaseError, InterfaceError) as error:
                log.warning("no tick of broadcasts: %s", type(error).__name__)
                connection.close()

    def _answer(self) -> None:
        while (letter := self._in_hand.take()) is not None:
            again_at = self._attempt(letter)
            if again_at is None:
                self._in_hand.done(letter)
            else:
                self._in_hand.again(letter, again_at)

    def _attempt(self, letter: WelcomeLetter) -> datetime | None:
        now = timezone.now()
        try:
            close_old_connections()
            return self._answerer.attempt(letter, now=now)
        except (DatabaseError, InterfaceError) as error:
            log.warning("%r waits for the database: %s", letter, type(error).__name__)
            connection.close()
            again_at = timezone.now() + timedelta(seconds=_SHORT)
            # Afterwards nobody has to hurry: what the inbox holds is accounted for from there.
            return again_at if again_at < letter.received_at + LIFE else None
        except Exception:
            # One letter that cannot be read must not end the sending of all others.
            log.exception("%r could not be answered", letter)
            return None


class Command(BaseCommand):
    help = "Answer welcome codes until it is told to stop (SIGTERM, SIGINT)."

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, worker.stop)
        say_alive(WELCOMES)
        worker.run()
