"""People who live by themselves: staff confirm tasks, customers buy, come, react and go."""

from __future__ import annotations

import hashlib
import heapq
import logging
import math
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import count

from scrm.simulator import acts
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.errors import Impossible
from scrm.simulator.records import SENT, Task
from scrm.simulator.tables import Moment

logger = logging.getLogger(__name__)

DAY = 86_400
TICK_SECONDS = 1.0
MOST_ACTS_A_STEP = 2000

CONFIRM_MEAN_SECONDS = 12 * 60
NEVER_CONFIRM = 0.08  # of the staff; half of them do after a reminder
WINDOW = 30 * DAY  # how long a customer remembers being written to
UNFRIEND_BASE = 0.0006  # after one message in that time; grows with the square of their number
LEAVE_GROUP_BASE = 0.002
ORDER_AFTER_MESSAGE, REPLY_AFTER_MESSAGE = 0.008, 0.02
REACTION_MEAN_SECONDS = 2 * 3600

# Per customer and day; and never slower than this per real second, so that a demo moves.
DAILY = {"add": 0.0014, "order": 0.0022, "delete": 0.00006, "join": 0.0012, "leave": 0.0002}
PER_REAL_SECOND = {
    "add": 1 / 240, "order": 1 / 150, "delete": 1 / 3600, "join": 1 / 400, "leave": 1 / 1800,
}  # fmt: skip


class Behaviour:
    """Moves the world on by `step`; `start` does so once a second from a thread."""

    def __init__(self, corp: Corp, seed: int | None = None) -> None:
        self._corp = corp
        self._random = random.Random(seed)  # noqa: S311 - a play, not a secret
        self._last = corp.clock.timestamp()
        self._seen = {(task.msgid, userid) for task in corp.tasks() for userid in task.confirmed}
        self._due: list[tuple[int, int, Callable[[], object]]] = []
        self._order = count()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        if self._thread is None:
            self._stop.clear()
            self._last = self._corp.clock.timestamp()
            self._thread = threading.Thread(target=self._run, name="behaviour", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def step(self, real_seconds: float = 0.0) -> None:
        """Live through the time since the last step; `real_seconds` adds the least pace."""
        now = self._corp.clock.timestamp()
        span, self._last = max(0, now - self._last), now
        with self._corp.lock:
            self._corp.catch_up()
        self._confirm(now)
        self._publish(now)
        self._react(now)
        while self._due and self._due[0][0] <= now:
            self._try(heapq.heappop(self._due)[2])
        self._live(span, real_seconds)

    def _run(self) -> None:
        before = time.monotonic()
        while not self._stop.wait(TICK_SECONDS):
            elapsed, before = time.monotonic() - before, time.monotonic()
            try:
                self.step(elapsed)
            except Exception:  # one strange moment must not end the world
                logger.exception("the behaviour of people stumbled")

    def _confirm(self, now: int) -> None:
        for task in self._corp.tasks():
            if task.cancelled:
                continue
            for userid in task.targets:
                at = confirms_at(task, userid)
                if userid not in task.confirmed and at is not None and at <= now:
                    self._corp.confirm(task.msgid, userid)

    def _publish(self, now: int) -> None:
        for moment in list(self._corp.moments.values()):
            for userid in moment.targets if not moment.cancelled_at else ():
                at = publishes_at(moment, userid)
                if userid not in moment.published and at is not None and at <= now:
                    self._corp.publish_moments(moment.moment_id, userid)

    def _react(self, now: int) -> None:
        """Plan what customers do about the messages that reached them since the last step."""
        for task in self._corp.tasks():
            for userid in list(task.confirmed):
                if (task.msgid, userid) in self._seen:
                    continue
                self._seen.add((task.msgid, userid))
                for receiver, (status, at) in task.results[userid].items():
                    if status != SENT:
                        continue
                    if task.chat_type == "group":
                        self._plan_in_group(receiver, max(at, now))
                    else:
                        self._plan_of_customer(userid, receiver, max(at, now))

    def _plan_of_customer(self, userid: str, external_userid: str, at: int) -> None:
        received = self._corp.received.get(external_userid, ())
        touches = sum(1 for sent in received if sent > at - WINDOW)
        who = {"userid": userid, "external_userid": external_userid}
        if self._random.random() < unfriend_probability(touches):
            self._plan(at, partial(acts.delete, self._corp, Ask(who)))
            return
        if self._random.random() < REPLY_AFTER_MESSAGE:
            self._plan(at, partial(acts.reply, self._corp, Ask(who)))
        if self._random.random() < ORDER_AFTER_MESSAGE:
            buyer = {"external_userid": external_userid}
            self._plan(at, partial(acts.order, self._corp, Ask(buyer)))

    def _plan_in_group(self, chat_id: str, at: int) -> None:
        chat = self._corp.chats.get(chat_id)
        touches = sum(1 for sent in self._corp.received.get(chat_id, ()) if sent > at - WINDOW)
        for member in list(chat.members.values()) if chat else ():
            chance = min(0.2, LEAVE_GROUP_BASE * max(1, touches / 8))
            if member.kind == 2 and self._random.random() < chance:
                gone = {"chat_id": chat_id, "external_userid": member.member_id}
                self._plan(at, partial(acts.leave, self._corp, Ask(gone)))

    def _plan(self, after: int, act: Callable[[], object]) -> None:
        at = after + round(self._random.expovariate(1 / REACTION_MEAN_SECONDS))
        heapq.heappush(self._due, (at, next(self._order), act))

    def _live(self, span: int, real_seconds: float) -> None:
        """The everyday: people come, buy, join and go whether or not anybody wrote to them."""
        customers = len(self._corp.followers)
        for name, daily in DAILY.items():
            expected = max(daily * customers * span / DAY, PER_REAL_SECOND[name] * real_seconds)
            for _act in range(min(self._poisson(expected), MOST_ACTS_A_STEP)):
                given: dict[str, int] = {}
                if name == "order":  # the till knows when, also after a jump of the clock
                    given["at"] = self._last - round(self._random.random() * span)
                self._try(partial(acts.ACTS[name][0], self._corp, Ask(given)))

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Impossible as error:  # the person had left meanwhile
            logger.debug("not any more: %s", error)

    def _poisson(self, expected: float) -> int:
        if expected > 50:
            return max(0, round(self._random.gauss(expected, math.sqrt(expected))))
        events, remaining = 0, math.exp(-expected)
        product = self._random.random()
        while product > remaining:
            events += 1
            product *= self._random.random()
        return events


def unfriend_probability(touches: int) -> float:
    """Chance that one more message ends the relation, by messages in the last 30 days."""
    return float(min(0.2, UNFRIEND_BASE * max(1, touches) ** 2))


def confirms_at(task: Task, userid: str) -> int | None:
    """When this staff member presses send, None for never; fixed by task and person."""
    delay, laziness = _nature(task.msgid, userid)
    if laziness >= NEVER_CONFIRM:
        return task.created_at + delay
    if task.reminders and laziness >= NEVER_CONFIRM / 2:
        return task.reminders[0] + delay
    return None


def publishes_at(moment: Moment, userid: str) -> int | None:
    """When this staff member publishes the post, None for never."""
    delay, laziness = _nature(moment.moment_id, userid)
    return moment.created_at + delay if laziness >= NEVER_CONFIRM else None


def _nature(subject: str, userid: str) -> tuple[int, float]:
    """After how many seconds this person acts on the subject, and how lazy they are (0-1)."""
    digest = hashlib.sha256(f"{subject}{userid}".encode()).digest()
    patience, laziness = (int.from_bytes(digest[n : n + 4]) / 2**32 for n in (0, 4))
    return round(-CONFIRM_MEAN_SECONDS * math.log(1 - patience)), laziness
