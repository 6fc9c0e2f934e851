"""Stop asking for a while: a subject that was told to wait is held, in all processes (熔断)."""

from __future__ import annotations

from scrm.ratelimit.limits import Limit
from scrm.ratelimit.store import client

_HOLD = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local seconds, most = tonumber(ARGV[2]), tonumber(ARGV[3])
local until_now = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
if until_now > now then
  return string.format('%.3f', until_now - now)
end
local strikes = redis.call('INCR', KEYS[2])
local span = math.min(seconds * 2 ^ (strikes - 1), most)
redis.call('PEXPIRE', KEYS[2], math.ceil(2000 * span))
redis.call('ZADD', KEYS[1], string.format('%.6f', now + span), ARGV[1])
return string.format('%.3f', span)
"""
_LEFT = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 2, #held, 2 do
  held[i] = string.format('%.3f', held[i] - now)
end
return held
"""


def hold(limit: Limit, subject: str, *, seconds: float, most: float) -> float:
    """Hold `subject`; gives the seconds it is held for.

    The first time for `seconds`, each time again soon after the last one twice as long, up to
    `most`. A subject that is held already stays held as it is.
    """
    keys = [_key(limit), f"strikes:{{{limit.name}}}:{subject}"]
    return float(client().register_script(_HOLD)(keys, [subject, seconds, most]))


def left(limit: Limit) -> dict[str, float]:
    """Seconds until each held subject may be asked again."""
    held = client().register_script(_LEFT)([_key(limit)], [])
    names, seconds = held[::2], held[1::2]
    return {name.decode(): float(span) for name, span in zip(names, seconds, strict=True)}


def _key(limit: Limit) -> str:
    return f"held:{{{limit.name}}}"
