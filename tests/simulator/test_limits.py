from datetime import timedelta

import pytest

from scrm.simulator.errors import ApiError
from scrm.simulator.limits import Limits
from scrm.simulator.records import Settings

PATH = "externalcontact/get_follow_user_list"


def test_too_many_calls_a_minute_are_refused_until_the_minute_is_over(state, api):
    state.record("settings", calls_per_minute=3)
    assert [api.get(PATH)["errcode"] for _call in range(5)] == [0, 0, 0, 45009, 45009]
    assert api.get("getcallbackip")["errcode"] == 0, "each API has its own count"
    state.clock.advance(timedelta(seconds=61))
    assert api.get(PATH)["errcode"] == 0
    assert state.limits.peak_minute[PATH] == 3
    assert state.calls.refusals[PATH, 45009] == 2


def test_too_many_calls_an_hour_are_refused(state, api):
    state.record("settings", calls_per_hour=2)
    codes = []
    for _call in range(3):
        codes.append(api.get(PATH)["errcode"])
        state.clock.advance(timedelta(minutes=5))
    assert codes == [0, 0, 45009]


def test_no_more_than_five_calls_run_at_once():
    limits, settings = Limits(), Settings()
    for _call in range(5):
        limits.enter("a", settings, 0.0)
    limits.enter("b", settings, 0.0)
    with pytest.raises(ApiError) as refused:
        limits.enter("a", settings, 0.0)
    assert refused.value.code == 45033
    limits.leave("a")
    limits.enter("a", settings, 0.0)


def test_calls_are_counted(state, api):
    api.get(PATH)
    api.get(PATH)
    assert state.calls[PATH] == 2
    assert state.calls.recent[-1].path == PATH


def test_the_worst_window_is_found_wherever_it_begins():
    limits, settings = Limits(), Settings(parallel_calls=100)
    for moment in (0.0, 5.0, 5.5, 5.9, 6.4, 20.0):
        limits.enter("a", settings, moment)
    assert limits.worst("a", 1.0) == 3
    assert limits.worst("a", 1.5) == 4
    assert limits.worst("a", 60) == 6
    assert limits.worst("b", 60) == 0
