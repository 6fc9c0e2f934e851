"""The way in to a called API: slots, and a breaker that closes it in trouble (并发与熔断).

One state for all processes, on Redis' clock. Who enters holds one of the limit's slots until he
leaves and says how it went:

* Three calls in a row that fail close the gate for a while; then one call is let in to try, and
  each further failure closes it again. A refused token and the one try of a fresh one are two
  calls. Two failures already let in no more than what is left of three, so a failing API never
  sees a crowd. Any answer opens it again, if its call began after the last failure was known.
* Being told to wait (45009) closes it at once, each time soon after the last for twice as long.
* Being told that there are too many at once (45033) halves the slots for a while.
"""

from __future__ import annotations

import logging
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cache
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from socket import gethostname
from typing import Any

from scrm.ratelimit.counting import CLOCK
from scrm.ratelimit.limits import Limit
from scrm.ratelimit.slots import NoSlot
from scrm.ratelimit.store import RedisError, client

log = logging.getLogger(__name__)

_TOLERATED = 3  # failures in a row
_MANY = 1_000_000  # slots of a limit without a bound on them
_LOOK_AGAIN = 0.02
_HOUR = 3600
_REMEMBERED = 3600  # seconds a trouble is known that nobody has looked into since
HOURS_KEPT = 25

_NOW = CLOCK + "\nlocal now = clock[1] * 1000 + math.floor(clock[2] / 1000)\n"
_ENTER = (
    _NOW
    + """
local gate = redis.call('HMGET', KEYS[1], 'until', 'streak', 'places', 'fewer_until', 'why', 'fails')
if gate[1] and tonumber(gate[1]) > now then
  return {gate[1] - now, gate[5] or ''}
end
local places, streak = tonumber(ARGV[1]), tonumber(gate[2] or '0')
if gate[4] and tonumber(gate[4]) > now then places = math.min(places, tonumber(gate[3])) end
if streak > 0 then places = math.max(1, math.min(places, ARGV[4] - streak)) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) >= places then
  return {-1, ''}
end
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[2], 2 * ARGV[3])
return {0, gate[6] or '0'}
"""
)
_LEAVE = (
    _NOW
    + """
local holder, how, calls, subject = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local first, most, tolerated, why = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
redis.call('ZREM', KEYS[2], holder)
if calls == 0 then return 0 end

local hour = KEYS[5] .. ':' .. math.floor(clock[1] / 3600)
redis.call('HINCRBY', hour, subject, calls)
if how ~= 'fine' then redis.call('HINCRBY', hour, subject .. '|failed', calls) end
redis.call('EXPIRE', hour, 3600 * ARGV[9])

local gate = redis.call('HMGET', KEYS[1], 'until', 'by', 'fails')
local closed = tonumber(gate[1] or '0') > now
if how == 'fine' then
  if not closed and (gate[3] or '0') == ARGV[13] then
    redis.call('HDEL', KEYS[1], 'until', 'streak', 'why')
  end
  return 0
end
redis.call('HINCRBY', KEYS[1], 'fails', 1)
if not closed then redis.call('EXPIRE', KEYS[1], ARGV[12]) end
if how == 'crowded' then
  local fewer = redis.call('HMGET', KEYS[1], 'places', 'fewer_until')
  local places = tonumber(ARGV[11])
  if fewer[2] and tonumber(fewer[2]) > now then places = math.min(places, tonumber(fewer[1])) end
  redis.call('HSET', KEYS[1], 'places', math.max(1, math.floor(places / 2)),
    'fewer_until', string.format('%.0f', now + 1000 * ARGV[10]))
end
if closed and (how ~= 'told' or gate[2] == 'told') then return gate[1] - now end
local streak = redis.call('HINCRBY', KEYS[1], 'streak', calls)
if how == 'told' then redis.call('HSET', KEYS[1], 'streak', math.max(streak, tolerated)) end
if how ~= 'told' and streak < tolerated then return 0 end

local strikes = redis.call('INCR', KEYS[3])
local span = math.min(first * 2 ^ (strikes - 1), most)
redis.call('PEXPIRE', KEYS[3], math.ceil(2000 * span))
local over = string.format('%.0f', now + 1000 * span)
redis.call('HSET', KEYS[1], 'until', over, 'why', why, 'by', how)
redis.call('EXPIRE', KEYS[1], math.ceil(span) + ARGV[12])
redis.call('ZADD', KEYS[4], over, subject)
return math.ceil(1000 * span)
"""
)
_HELD = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local found, held = {}, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #held, 2 do
  found[#found + 1] = held[i]
  found[#found + 1] = math.ceil(held[i + 1] - now)
  found[#found + 1] = redis.call('HGET', ARGV[1] .. held[i], 'why') or ''
end
return found
"""
)


@cache
def _place() -> str:
    """Where process numbers mean the same: this machine, or this container of it."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return blake2b(f"{gethostname()} {namespace}".encode(), digest_size=6).hexdigest()


def _has_died(holder: str) -> bool:
    place, _colon, rest = holder.partition(":")
    number = rest.partition(":")[0]
    if place != _place() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


class Outcome(Enum):
    """How a call ended, for the gate."""

    FINE = "fine"  # answered; also by a plain no
    TROUBLE = "trouble"  # no answer, or none that is worth anything
    CROWDED = "crowded"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds. After failures in a row `trouble`, doubling up to `trouble_most`; after being
    told to wait `told`, doubling up to `told_most`; slots stay halved for `crowded`.
    """

    trouble: float = 10.0
    # Not longer: a welcome code lives 20 seconds, and one call in ten harms nobody.
    trouble_most: float = 10.0
    told: float = 60.0
    told_most: float = 3600.0
    crowded: float = 60.0


@dataclass(slots=True)
class Passage:
    """One stay behind the gate. Its holder counts `calls` made and says how they ended.

    `why` is kept for the console; `window` overrides how long to wait when told to (0: growing).
    `closed_for` is known afterwards: seconds the gate is closed now.
    """

    calls: int = 0
    outcome: Outcome = Outcome.FINE
    why: str = ""
    window: float = 0.0
    closed_for: float = 0.0


class Held(Exception):
    """The gate is closed for `seconds`, because of `why`."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(seconds, why)
        self.seconds, self.why = seconds, why


@dataclass(frozen=True, slots=True)
class Closed:
    """A subject that is not called for another `seconds`, because of `why`."""

    subject: str
    seconds: float
    why: str


class Gate:
    """The gate before each subject of `limit`."""

    def __init__(self, limit: Limit, pauses: Pauses | None = None) -> None:
        self._limit, self._pauses = limit, pauses or Pauses()

    @contextmanager
    def enter(self, subject: str, *, patience: float, lease: float) -> Iterator[Passage]:
        """Stay behind the gate during the block.

        Raises Held at once when it is closed, NoSlot after `patience` seconds without a slot. A
        holder that dies frees his slot after `lease` seconds, on this machine at once, so the
        block must be shorter.
        Raises RedisError before the block only.
        """
        holder = f"{_place()}:{os.getpid()}:{token_hex(8)}"
        known = self._wait_for(subject, holder, patience=patience, lease=lease)
        passage = Passage()
        try:
            yield passage
        finally:
            self._leave(subject, holder, passage, known)

    def _wait_for(self, subject: str, holder: str, *, patience: float, lease: float) -> bytes:
        """Take a slot; answers how many failures were known then."""
        enter = client().register_script(_ENTER)
        keys = self._keys(subject)[:2]
        deadline = time.monotonic() + patience
        while True:
            wait, why = enter(keys, [self._places(subject), holder, int(lease * 1000), _TOLERATED])
            if not wait:
                return bytes(why)
            if wait > 0:
                raise Held(wait / 1000, why.decode())
            if self._bury(subject):
                continue
            if time.monotonic() >= deadline:
                raise NoSlot(subject)
            # Spread, so that waiting processes do not ask in step.
            time.sleep(_LOOK_AGAIN * random.uniform(0.5, 1.5))  # noqa: S311

    def _bury(self, subject: str) -> bool:
        """Free the slots of holders of this machine that have died, instead of waiting for their
        lease: after a kill the next process can go on at once.
        """
        key = _slots(self._limit, subject)
        holders: list[Any] = client().zrange(key, 0, -1)
        dead = [one for one in holders if _has_died(one.decode())]
        return bool(dead and client().zrem(key, *dead))

    def _leave(self, subject: str, holder: str, passage: Passage, known: bytes) -> None:
        first, most = self._pauses.trouble, self._pauses.trouble_most
        if passage.outcome is Outcome.TOLD:
            first, most = self._pauses.told, self._pauses.told_most
            if passage.window:
                first = most = passage.window
        told = [holder, passage.outcome.value, passage.calls, subject, first, most, _TOLERATED]
        told += [
            passage.why,
            HOURS_KEPT,
            self._pauses.crowded,
            self._places(subject),
            _REMEMBERED,
            known.decode(),
        ]
        try:
            keys = self._keys(subject, passage.outcome)
            closed = client().register_script(_LEAVE)(keys, told)
        except RedisError:
            # It must not spoil what was done; the slot runs out by itself.
            log.warning("the gate of %s was not told how a call ended", subject)
            closed = first * 1000 if passage.outcome is Outcome.TOLD else 0
        passage.closed_for = int(closed) / 1000

    def _places(self, subject: str) -> int:
        return self._limit.places(subject) or _MANY

    def _keys(self, subject: str, outcome: Outcome = Outcome.FINE) -> list[str]:
        name = self._limit.name
        # Apart: an hour of HTTP 500 must not make the first 45009 cost an hour.
        kind = "told" if outcome is Outcome.TOLD else "trouble"
        return [
            f"{_gates(self._limit)}{subject}",
            _slots(self._limit, subject),
            f"strikes:{{{name}}}:{subject}:{kind}",
            _closed(self._limit),
            _counters(self._limit),
        ]


def closed(limit: Limit) -> list[Closed]:
    """Every subject whose gate is closed now. Raises RedisError."""
    found = client().register_script(_HELD)([_closed(limit)], [_gates(limit)])
    rows = zip(found[::3], found[1::3], found[2::3], strict=True)
    return [Closed(name.decode(), wait / 1000, why.decode()) for name, wait, why in rows]


def running(limit: Limit, subjects: Sequence[str]) -> dict[str, int]:
    """How many calls of each subject are under way now. Raises RedisError."""
    pipe = client().pipeline(transaction=False)
    now = int(server_seconds() * 1000)
    for subject in subjects:
        pipe.zcount(_slots(limit, subject), now, "+inf")
    return dict(zip(subjects, map(int, pipe.execute()), strict=True))


def open_again(limit: Limit, subject: str) -> None:
    """Let the next call through although the gate is closed. Raises RedisError."""
    store = client()
    store.hdel(f"{_gates(limit)}{subject}", "until")
    store.zrem(_closed(limit), subject)


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls of one hour; `hours_ago` 0 is the present one."""

    subject: str
    hours_ago: int
    calls: int
    failed: int


def counted(limit: Limit, *, hours: int = 24) -> list[Counted]:
    """Calls by subject and hour, the present hour included. Raises RedisError."""
    store = client()
    present = int(store.time()[0]) // _HOUR
    pipe = store.pipeline(transaction=False)
    for ago in range(hours):
        pipe.hgetall(f"{_counters(limit)}:{present - ago}")
    found = []
    for ago, fields in enumerate(pipe.execute()):
        figures = {name.decode(): int(count) for name, count in fields.items()}
        found += [
            Counted(name, ago, calls, figures.get(f"{name}|failed", 0))
            for name, calls in figures.items()
            if not name.endswith("|failed")
        ]
    return found


def server_seconds() -> float:
    """Redis' clock, which all limits go by. Raises RedisError."""
    seconds, microseconds = client().time()
    return int(seconds) + int(microseconds) / 1_000_000


def until_midnight(seconds: float) -> float:
    """Seconds from this moment (unix) to the next day in Asia/Shanghai."""
    return math.ceil(86_400 - (seconds + 28_800) % 86_400)


def _slots(limit: Limit, subject: str) -> str:
    return f"slots:{{{limit.name}:{subject}}}"


def _gates(limit: Limit) -> str:
    return f"gate:{{{limit.name}}}:"


def _closed(limit: Limit) -> str:
    return f"held:{{{limit.name}}}"


def _counters(limit: Limit) -> str:
    return f"calls:{{{limit.name}}}"
