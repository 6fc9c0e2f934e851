"""Never over the limit in any window, and nearly all of it used, whoever asks."""

from __future__ import annotations

import multiprocessing
from bisect import bisect_left
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import redis

from scrm.ratelimit import counting
from scrm.ratelimit.bucket import (
    Charge,
    arguments,
    give_back,
    reserve,
    subjects,
    take,
    usage,
)
from scrm.ratelimit.limits import Limit, Period, Quota, Window
from scrm.ratelimit.store import client

SHANGHAI = ZoneInfo("Asia/Shanghai")

pytestmark = pytest.mark.usefixtures("empty_store")


@pytest.fixture
def empty_store():
    client().flushdb()


def _ask_for(seconds, limit, url, grants):
    """Ask without pause for `seconds` of the server's clock; put the times of the grants."""
    store = redis.Redis.from_url(url)
    keys, figures = arguments([Charge(limit, "api")])
    times = []
    end = None
    while True:
        # One transaction, so that the time is the one the script saw.
        pipe = store.pipeline(transaction=True)
        pipe.eval(counting.RESERVE, len(keys), *keys, *figures)
        pipe.time()
        (wait, _place), (whole, part) = pipe.execute()
        now = whole + part / 1_000_000
        end = end or now + seconds
        if now >= end:
            break
        if wait == 0:
            times.append(now)
    grants.put(times)
    store.close()


def _worst(times, window):
    """The most grants in any stretch of `window` seconds."""
    return max(
        index - bisect_left(times, moment - window + 1e-6) + 1 for index, moment in enumerate(times)
    )


def _asked_by_processes(limit, settings, *, processes, seconds):
    context = multiprocessing.get_context("spawn")
    grants = context.SimpleQueue()
    asking = [
        context.Process(target=_ask_for, args=(seconds, limit, settings.REDIS_URL, grants))
        for _ in range(processes)
    ]
    for process in asking:
        process.start()
    times = sorted(moment for _ in asking for moment in grants.get())
    for process in asking:
        process.join()
    return times


def test_several_processes_together_stay_within_every_window_and_use_most_of_it(settings):
    limit = Limit("test", (Window(0.5, 40), Window(2, 120)))
    times = _asked_by_processes(limit, settings, processes=3, seconds=4.2)
    assert _worst(times, 0.5) <= 40
    assert _worst(times, 2) <= 120
    assert len(times) >= 0.95 * 120 * (times[-1] - times[0]) / 2


def test_a_refusal_says_how_long_to_wait_and_costs_nothing():
    limit = Limit("test", (Window(60, 2), Window(3600, 100)))
    assert [take(limit, "api"), take(limit, "api")] == [0, 0]
    assert all(0 < take(limit, "api") <= 63 for _ in range(200))
    assert take(limit, "another api") == 0


def test_waiting_as_told_is_enough_and_not_too_long():
    limit = Limit("test", (Window(0.2, 5),))
    while not (wait := take(limit, "api")):
        pass
    told = _server_time() + wait
    while take(limit, "api"):
        pass
    # Told before the time was read, so a little earlier is right as well.
    assert told - 0.1 <= _server_time()
    assert wait <= 0.21


def _server_time():
    seconds, microseconds = client().time()
    return seconds + microseconds / 1_000_000


def test_a_limit_without_windows_never_waits():
    assert take(Limit("free"), "api") == 0


def test_counts_leave_redis_when_their_window_is_over():
    limit = Limit("test", (Window(60, 2), Window(3600, 100)))
    take(limit, "api")
    lives = [client().ttl(key) for key in client().keys("*")]
    assert sorted(lives) == [120, 3601, 7200]


def test_several_limits_are_reserved_together_or_not_at_all():
    rate, scarce = Limit("rate", (Window(60, 5),)), Limit("scarce", (Window(3600, 1),))
    both = [Charge(rate, "api"), Charge(scarce, "owner")]
    assert reserve(both) is None
    short = reserve(both)
    assert (short.charge.limit.name, short.charge.subject) == ("scarce", "owner")
    assert short.bound == Window(3600, 1)
    assert usage(rate, ["api"])["api"][0].used == 1


def test_an_amount_that_no_waiting_makes_possible_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="301 at once, 300 allowed"):
        reserve([Charge(Limit("groups", (Window(60, 300),)), "owner", 301)])


def test_who_uses_a_limit_is_listed_the_last_one_first():
    limit = Limit("test", (Window(60, 5),))
    for name in ("a", "b"):
        take(limit, name)
    assert set(subjects(limit, most=10)) == {"a", "b"}
    assert subjects(Limit("unused", (Window(60, 5),)), most=10) == []


class TestAClockThatIsSet:
    """The server's clock in the script replaced by a given one."""

    limit = Limit("test", (Window(60, 2),))
    daily = Limit("daily", quotas=(Quota(Period.DAY, 2), Quota(Period.MONTH, 3)))

    def _at(self, moment, limit, script=counting.RESERVE):
        seconds = int(moment.timestamp())
        fixed = script.replace(counting.CLOCK, f"local clock = {{'{seconds}', '0'}}")
        keys, figures = arguments([Charge(limit)])
        return client().eval(fixed, len(keys), *keys, *figures)

    def test_a_day_and_a_month_begin_at_midnight_in_shanghai(self):
        eve = datetime(2026, 2, 28, 23, 59, 30, tzinfo=SHANGHAI)
        assert [self._at(eve, self.daily)[0] for _ in range(2)] == [0, 0]
        wait, place = self._at(eve, self.daily)
        assert (wait, place) == (30_000_000, 1)
        assert self._at(eve + timedelta(seconds=30), self.daily)[0] == 0

    @pytest.mark.parametrize(
        ("year", "month", "days"),
        [(2026, 2, 28), (2028, 2, 29), (2100, 2, 28), (2026, 4, 30), (2026, 12, 31)],
    )
    def test_a_month_lasts_as_long_as_it_does(self, year, month, days):
        monthly = Limit("monthly", quotas=(Quota(Period.MONTH, 1),))
        first = datetime(year, month, 1, tzinfo=SHANGHAI)
        last = first + timedelta(days=days) - timedelta(seconds=1)
        assert self._at(first, monthly)[0] == 0
        assert self._at(last, monthly)[0] == 1_000_000
        assert self._at(last + timedelta(seconds=1), monthly)[0] == 0

    def test_the_month_goes_on_when_the_day_begins_anew(self):
        noon = datetime(2026, 6, 1, 12, tzinfo=SHANGHAI)
        days = [noon, noon, noon + timedelta(days=1), noon + timedelta(days=2)]
        assert [self._at(moment, self.daily)[1] for moment in days] == [0, 0, 0, 2]

    def test_a_server_clock_put_back_lets_no_call_too_many_through(self):
        noon = datetime(2026, 6, 1, 12, tzinfo=SHANGHAI)
        earlier = noon - timedelta(minutes=10)
        assert [self._at(noon, self.limit)[0] for _ in range(2)] == [0, 0]
        wait, _place = self._at(earlier, self.limit)
        assert 59_000_000 <= wait <= 61_000_000
        assert self._at(earlier + timedelta(microseconds=wait), self.limit)[0] > 0
        assert self._at(earlier + timedelta(seconds=61), self.limit)[0] == 0


def test_what_was_reserved_of_a_day_can_be_given_back():
    limit = Limit("daily", quotas=(Quota(Period.DAY, 2),))
    reserve([Charge(limit, "", 2)])
    give_back([Charge(limit)])
    assert reserve([Charge(limit)]) is None
    assert reserve([Charge(limit)]) is not None
    [used] = usage(limit, [""])[""]
    assert (used.used, used.left) == (2, 0)
