"""Calls running at once over all processes: slots with a lease, on Redis' clock (并发限制)."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

from scrm.ratelimit.limits import Limit
from scrm.ratelimit.store import RedisError, client

log = logging.getLogger(__name__)

_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[3])
return 1
"""
_LOOK_AGAIN = 0.02


class NoSlot(Exception):
    """Every slot stayed taken for as long as the caller was ready to wait."""


@contextmanager
def slot(limit: Limit, subject: str, *, patience: float, lease: float) -> Iterator[None]:
    """Hold one of `limit.parallel` slots of `subject` during the block.

    Waits up to `patience` seconds, then raises NoSlot. A holder that dies frees its slot after
    `lease` seconds, so the block must be shorter. Raises RedisError before the block only: a
    slot that cannot be given back runs out by itself and must not spoil the block's result.
    """
    if not limit.parallel:
        yield
        return
    key = f"slots:{{{limit.name}:{subject}}}"
    holder = token_hex(8)
    _wait_for(key, holder, limit.parallel, patience=patience, lease=lease)
    try:
        yield
    finally:
        try:
            client().zrem(key, holder)
        except RedisError:
            log.warning("slot of %s was not given back; it runs out by itself", key)


def _wait_for(key: str, holder: str, places: int, *, patience: float, lease: float) -> None:
    take = client().register_script(_TAKE)
    deadline = time.monotonic() + patience
    while not take([key], [places, holder, int(lease * 1000)]):
        if time.monotonic() >= deadline:
            raise NoSlot(key)
        # Spread, so that waiting processes do not ask in step.
        time.sleep(_LOOK_AGAIN * random.uniform(0.5, 1.5))  # noqa: S311
