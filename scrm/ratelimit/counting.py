"""The scripts that count, in Redis and on Redis' clock: workers' clocks never matter (计数脚本).

Windows: a window is cut into 100 parts and the calls of each part are counted. Any stretch as
long as the window touches at most 101 parts, so a call is granted only while 101 parts together
hold fewer calls than the limit: no sliding window is ever over it, at the price of a hundredth
of the rate. The sum is kept beside the parts, so that a grant looks at all of them only when a
new part begins. A server clock that is put back moves what then lies in the future into the
present: it may make callers wait for a window once more, but never lets a call too many through.

Quotas: one counter that begins anew with the natural day or month of UTC+8.
"""

from __future__ import annotations

CLOCK = "local clock = redis.call('TIME')"

_COMMON = """
local now = clock[1] * 1000000 + clock[2]
local PARTS = 100

local function whole(number) return string.format('%.0f', number) end

local function rolled(key, current)
  local counts, sum, folded = redis.call('HGETALL', key), 0, 0
  for i = 1, #counts, 2 do
    local number, count = tonumber(counts[i]), tonumber(counts[i + 1])
    if number and number < current - PARTS then
      redis.call('HDEL', key, counts[i])
    elseif number then
      sum = sum + count
      if number > current then
        redis.call('HDEL', key, counts[i])
        folded = folded + count
      end
    end
  end
  if folded > 0 then redis.call('HINCRBY', key, whole(current), folded) end
  redis.call('HSET', key, 'sum', whole(sum), 'at', whole(current))
  return sum
end

local function in_window(key, length)
  local part = length / PARTS
  local current = math.floor(now / part)
  local known = redis.call('HMGET', key, 'sum', 'at')
  if not known[1] then return 0, current, part end
  if tonumber(known[2]) == current then return tonumber(known[1]), current, part end
  return rolled(key, current), current, part
end

local function until_oldest_leaves(key, current, part)
  local fields, oldest = redis.call('HKEYS', key), current
  for _, field in ipairs(fields) do
    local number = tonumber(field)
    if number then oldest = math.min(oldest, number) end
  end
  return (oldest + PARTS + 1) * part - now
end

local function day_of_month(day)
  local z = day + 719468
  local of_era = z - math.floor(z / 146097) * 146097
  local year = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524)
    - math.floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local month = math.floor((5 * of_year + 2) / 153)
  return of_year - math.floor((153 * month + 2) / 5) + 1
end

local SHANGHAI, DAY = 28800, 86400

local function in_period(key, monthly)
  local first = math.floor((now / 1000000 + SHANGHAI) / DAY)
  local following = first + 1
  if monthly then
    first = first - day_of_month(first) + 1
    following = first + 31
    following = following - day_of_month(following) + 1
  end
  local known = redis.call('HMGET', key, 'period', 'used')
  local used, left = 0, (following * DAY - SHANGHAI) * 1000000 - now
  if known[1] and tonumber(known[1]) >= first then
    used, first = tonumber(known[2]), tonumber(known[1])
  end
  return used, first, left
end
"""

# Per key: the window's length in microseconds (0: a day, -1: a month), the calls, the amount; or
# -2 for the list of a limit's subjects, the seconds a subject stays on it, the subject.
_RESERVE = """
local wait, scarcest, plans = 0, 0, {}
for i, key in ipairs(KEYS) do
  local length, calls = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local amount, mine = tonumber(ARGV[3 * i]), 0
  if length == -2 then
    plans[i] = {}
  elseif length > 0 then
    local sum, current, part = in_window(key, length)
    if sum + amount > calls then mine = until_oldest_leaves(key, current, part) end
    plans[i] = {sum, current}
  else
    local used, first, left = in_period(key, length < 0)
    if used + amount > calls then mine = left end
    plans[i] = {used, first}
  end
  if mine > wait then wait, scarcest = mine, i end
end
if scarcest > 0 then return {math.ceil(wait), scarcest} end
for i, key in ipairs(KEYS) do
  local length, amount = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i])
  if length == -2 then
    local seconds = now / 1000000
    redis.call('ZADD', key, whole(seconds), ARGV[3 * i])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(seconds - ARGV[3 * i - 1]))
    redis.call('EXPIRE', key, ARGV[3 * i - 1])
  elseif length > 0 then
    local at = whole(plans[i][2])
    redis.call('HINCRBY', key, at, amount)
    redis.call('HSET', key, 'sum', whole(plans[i][1] + amount), 'at', at)
    redis.call('PEXPIRE', key, math.ceil(length / 500))
  else
    redis.call('HSET', key, 'period', whole(plans[i][2]), 'used', whole(plans[i][1] + amount))
    redis.call('EXPIRE', key, length < 0 and 32 * DAY or 2 * DAY)
  end
end
return {0, 0}
"""

# Per key: day (0) or month (-1), the amount.
_GIVE_BACK = """
for i, key in ipairs(KEYS) do
  local used, first = in_period(key, tonumber(ARGV[2 * i - 1]) < 0)
  local after = math.max(0, used - tonumber(ARGV[2 * i]))
  if used > 0 then redis.call('HSET', key, 'period', whole(first), 'used', whole(after)) end
end
return 0
"""

# Per key: the length as above. Gives what each holds now and the microseconds until more is free.
_LOOK = """
local seen = {}
for i, key in ipairs(KEYS) do
  local length = tonumber(ARGV[i])
  if length > 0 then
    local sum, current, part = in_window(key, length)
    seen[2 * i - 1], seen[2 * i] = sum, math.ceil(until_oldest_leaves(key, current, part))
  else
    local used, _, left = in_period(key, length < 0)
    seen[2 * i - 1], seen[2 * i] = used, math.ceil(left)
  end
end
return seen
"""

RESERVE = CLOCK + _COMMON + _RESERVE
GIVE_BACK = CLOCK + _COMMON + _GIVE_BACK
LOOK = CLOCK + _COMMON + _LOOK
