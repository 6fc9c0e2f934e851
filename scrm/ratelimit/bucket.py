"""Calls per window over all processes: one script in Redis, on Redis' clock (频率限制).

A window is cut into 20 parts and the calls of each part are counted. Any stretch as long as the
window touches at most 21 parts, so a call is granted only while 21 parts together hold fewer
calls than the limit: no sliding window is ever over it, at the price of a twentieth of the rate.
"""

from __future__ import annotations

from scrm.ratelimit.limits import Limit
from scrm.ratelimit.store import client

SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local parts, wait = {}, 0
for i, key in ipairs(KEYS) do
  local part = ARGV[2 * i - 1] / 20
  local current = math.floor(now / part)
  local counted, oldest = 0, current
  local counts = redis.call('HGETALL', key)
  for j = 1, #counts, 2 do
    local number = tonumber(counts[j])
    if number < current - 20 then
      redis.call('HDEL', key, counts[j])
    else
      counted = counted + counts[j + 1]
      oldest = math.min(oldest, number)
    end
  end
  if counted >= tonumber(ARGV[2 * i]) then
    wait = math.max(wait, (oldest + 21) * part - now)
  end
  parts[i] = string.format('%.0f', current)
end
if wait > 0 then
  return math.ceil(wait)
end
for i, key in ipairs(KEYS) do
  redis.call('HINCRBY', key, parts[i], 1)
  redis.call('PEXPIRE', key, math.ceil(ARGV[2 * i - 1] / 500))
end
return 0
"""

_MICROSECONDS = 1_000_000


def take(limit: Limit, subject: str) -> float:
    """Ask for one call on `subject`: 0 when granted, else the seconds until asking again pays.

    All windows in one round trip; a refused call counts in none. Raises RedisError when Redis
    cannot be asked.
    """
    if not limit.windows:
        return 0.0
    store = client()
    wait = store.register_script(SCRIPT)(*arguments(limit, subject))
    return int(wait) / _MICROSECONDS


def arguments(limit: Limit, subject: str) -> tuple[list[str], list[int]]:
    """The script's keys and arguments: per window its length in microseconds and its calls."""
    keys = [f"limit:{{{limit.name}:{subject}}}:{window.seconds:g}" for window in limit.windows]
    figures = [
        figure
        for window in limit.windows
        for figure in (int(window.seconds * _MICROSECONDS), window.calls)
    ]
    return keys, figures
