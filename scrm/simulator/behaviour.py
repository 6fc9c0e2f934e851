"""People who live by themselves: time passes, and everything happens at its second, in order."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import count

from scrm.simulator import acts, everyday, reactions
from scrm.simulator.ask import Ask
from scrm.simulator.clock import moment
from scrm.simulator.corp import Corp
from scrm.simulator.errors import Impossible
from scrm.simulator.habits import DAY, poisson
from scrm.simulator.records import Task
from scrm.simulator.tables import Moment

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
_REMEMBERED = 3 * DAY  # so long a message may still be reacted to after a restart
# Somebody at least acts so often in real time, so that a demo moves; `least_pace` scales it.
PER_REAL_SECOND = {
    "add": 1 / 240, "order": 1 / 150, "reply": 1 / 90, "delete": 1 / 3600, "join": 1 / 400,
    "leave": 1 / 1800,
}  # fmt: skip
Due = tuple[int, int, Callable[[], object]]


class Behaviour:
    """Lives through time, by `step` after it passed or by `jump`; `start` does so once a second.

    What happens follows from the corp's habits, their seed and the time alone: the same calls
    make the same world, whether time ran or jumped.
    """

    def __init__(self, corp: Corp) -> None:
        self._corp = corp
        self._turn = threading.RLock()
        self._order = count()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._begin()

    @property
    def alive(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        if self._thread is None:
            self._stop.clear()
            with self._turn:
                self._begin()
            self._thread = threading.Thread(target=self._run, name="behaviour", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def step(self, real_seconds: float = 0.0) -> None:
        """Live through the time since the last step; `real_seconds` adds the least pace."""
        with self._turn:
            now = self._corp.clock.timestamp()
            if now < self._last:  # somebody set the clock back
                self._begin()
            for edge in _hours(self._last, now):
                self._live_until(edge)
            self._hurry(real_seconds)

    def jump(self, target: datetime) -> None:
        """Put the clock to `target`, hour by hour through everything in between."""
        with self._turn:
            self.step()
            for edge in _hours(self._last, int(target.timestamp())):
                self._corp.clock.set(moment(edge))
                self._live_until(edge)
            self._corp.clock.set(target)

    def change(self, **changed: object) -> None:
        """Give the people other habits; what they had in mind is thought over."""
        with self._turn:
            if self.alive:
                self.step()
            self._corp.record("habits", **changed)
            self._begin()

    def _begin(self) -> None:
        """Start from the present: plan anew what follows from the past and lies ahead."""
        self._last = self._corp.clock.timestamp()
        self._due: list[Due] = []
        self._planned_hour = -1
        self._seen: set[tuple[int, str]] = set()
        for number, task in enumerate(self._corp.tasks()):
            for userid, at in task.confirmed.items():
                self._seen.add((number, userid))
                if at > self._last - _REMEMBERED:
                    self._plan_reactions(number, task, userid, self._plan)

    def _run(self) -> None:
        before = time.monotonic()
        while not self._stop.wait(TICK_SECONDS):
            elapsed, before = time.monotonic() - before, time.monotonic()
            try:
                self.step(elapsed)
            except Exception:  # one strange moment must not end the world
                logger.exception("the behaviour of people stumbled")

    def _live_until(self, until: int) -> None:
        with self._corp.lock:
            self._corp.catch_up()
        self._notice()
        hour = self._last // everyday.HOUR
        if hour != self._planned_hour:
            self._planned_hour = hour
            for at, kind, chance in everyday.planned(self._corp, hour):
                self._plan(at, partial(everyday.live, self._corp, kind, chance))
        self._plan_staff(until)
        while self._due and self._due[0][0] <= until:
            at, _order, act = heapq.heappop(self._due)
            with self._corp.clock.as_of(at):
                self._try(act)
        self._last = until

    def _notice(self) -> None:
        """Customers see what staff have sent since."""
        for number, task in enumerate(self._corp.tasks()):
            for userid in list(task.confirmed):
                if (number, userid) not in self._seen:
                    self._seen.add((number, userid))
                    self._plan_reactions(number, task, userid, self._due_now)

    def _plan_reactions(
        self,
        number: int,
        task: Task,
        userid: str,
        plan: Callable[[int, Callable[[], object]], None],
    ) -> None:
        for at, name, who in reactions.after(self._corp, number, task, userid):
            chance = self._corp.habits.chance(at, name, who)
            if name == "buy":
                plan(at, partial(everyday.buy, self._corp, who, chance))
            else:
                plan(at, partial(acts.ACTS[name][0], self._corp, Ask(who), chance))

    def _plan_staff(self, until: int) -> None:
        """Whoever sees to a task or a post before `until` will do so at their time."""
        for number, task in enumerate(self._corp.tasks()):
            for userid in task.targets if not task.cancelled else ():
                if not task.is_open(userid):
                    continue
                at = confirms_at(self._corp, number, task, userid)
                if at is not None and at <= until:
                    self._due_now(at, partial(self._confirm, number, task, userid))
        for number, post in enumerate(list(self._corp.moments.values())):
            for userid in post.targets if not post.cancelled_at else ():
                at = publishes_at(self._corp, number, post, userid)
                if userid not in post.published and at is not None and at <= until:
                    publish = partial(self._corp.publish_moments, post.moment_id, userid)
                    self._due_now(at, publish)

    def _confirm(self, number: int, task: Task, userid: str) -> None:
        habits = self._corp.habits
        chance = habits.chance("choice", number, userid)
        chosen: list[str] | None = None
        if task.allow_select and chance.random() < habits.partial:
            chosen = [who for who in task.targets[userid] if chance.random() < habits.picked]
        self._corp.confirm(task.msgid, userid, chosen=chosen or None)
        self._seen.add((number, userid))
        if userid in task.confirmed:
            self._plan_reactions(number, task, userid, self._due_now)

    def _plan(self, at: int, act: Callable[[], object]) -> None:
        if at > self._last:
            heapq.heappush(self._due, (at, next(self._order), act))

    def _due_now(self, at: int, act: Callable[[], object]) -> None:
        """What may have been due before anybody looked happens at the first chance."""
        heapq.heappush(self._due, (max(at, self._last + 1), next(self._order), act))

    def _hurry(self, real_seconds: float) -> None:
        """Add what the least pace wants above the everyday."""
        habits = self._corp.habits
        chance = habits.chance("pace", time.monotonic())
        for kind, pace in PER_REAL_SECOND.items():
            usual = everyday.per_second(self._corp, kind) * self._corp.clock.speed
            missing = (pace * habits.least_pace - usual) * real_seconds
            for _act in range(poisson(chance, max(0.0, missing))):
                self._try(partial(everyday.live, self._corp, kind, chance, is_certain=True))

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Impossible as error:  # the person had left meanwhile
            logger.debug("not any more: %s", error)


def confirms_at(corp: Corp, number: int, task: Task, userid: str) -> int | None:
    """When this staff member presses send on the corp's `number`th task, None for never."""
    delay, woken = corp.habits.acts_after(userid, "task", number)
    put_aside = task.ignored.get(userid, 0)
    if delay is not None and not put_aside:
        return task.created_at + round(delay)
    reminder = next((at for at in task.reminders if at > put_aside), None)
    return None if reminder is None or woken == float("inf") else reminder + round(woken)


def publishes_at(corp: Corp, number: int, post: Moment, userid: str) -> int | None:
    """When this staff member publishes the corp's `number`th post, None for never."""
    delay, _woken = corp.habits.acts_after(userid, "post", number)
    return None if delay is None else post.created_at + round(delay)


def _hours(since: int, until: int) -> Iterator[int]:
    """The ends of the pieces from `since` to `until` that lie within one hour each."""
    while since < until:
        since = min(until, (since // everyday.HOUR + 1) * everyday.HOUR)
        yield since
