"""Limits and refusals of moments."""

from __future__ import annotations

from datetime import timedelta

ADD = "externalcontact/add_moment_task"
POST = {"text": {"content": "秋日第一泡"}}


def _add(api):
    return api.post(ADD, POST)["errcode"]


def test_too_many_jobs_at_once_are_refused_until_one_is_over(state, api):
    state.settings.dispatch_seconds = 5
    assert [_add(api) for _job in range(4)] == [0, 0, 0, 41078]
    state.clock.advance(timedelta(seconds=6))
    assert _add(api) == 0


def test_ten_a_minute_are_enough(state, api):
    assert [_add(api) for _job in range(11)] == [0] * 10 + [45009]
    state.clock.advance(timedelta(seconds=61))
    assert _add(api) == 0


def test_a_post_of_a_staff_member_has_no_tasks_but_a_place(state, api):
    place = ("30.20860", "120.21201", "杭州市 · 滨江宝龙城")
    moment_id = state.post_moment("wangfang", "开业一周年", location=place)
    body = {"moment_id": moment_id}
    assert api.post("externalcontact/get_moment_task", body)["errcode"] == 41067
    assert api.post("externalcontact/cancel_moment_task", body)["errcode"] == 41067
    now = state.clock.timestamp()
    span = {"start_time": now - 60, "end_time": now + 60}
    [listed] = api.post("externalcontact/get_moment_list", span)["moment_list"]
    assert (listed["creator"], listed["create_type"]) == ("wangfang", 1)
    assert listed["location"] == dict(zip(("latitude", "longitude", "name"), place, strict=True))
    found = api.post("externalcontact/get_moment_list", {**span, "filter_type": 0})
    assert found["moment_list"] == []


def test_what_names_no_moment_is_refused_by_name(state, api):
    path = "externalcontact/get_moment_task"
    assert api.post(path, {})["errcode"] == 41059
    assert api.post(path, {"moment_id": "mom0"})["errcode"] == 41060
    moment_id = state.post_moment("wangfang", "开业一周年")
    path = "externalcontact/get_moment_comments"
    assert api.post(path, {"moment_id": moment_id, "userid": "LiNa"})["errcode"] == 41061
