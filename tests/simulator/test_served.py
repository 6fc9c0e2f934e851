"""Everybody outside whom staff serve, page by page; and ids of other kinds."""

from datetime import timedelta

import pytest

from scrm.simulator.endpoints.conversions import open_userid, turned

EXT = "externalcontact"
LIST = f"{EXT}/contact_list"


@pytest.fixture
def busy(state):
    """A group with a customer and somebody nobody knows."""
    stranger = state.add_contact("wmS9", "欧阳宇")
    state.add_group("wr1", "周末茶会", "wangfang", ["wmA1", stranger])
    return state


def _walk(api, limit):
    cursor, rows = "", []
    while True:
        page = api.post(LIST, {"limit": limit, "cursor": cursor})
        assert len(page["info_list"]) <= limit
        rows += page["info_list"]
        cursor = page["next_cursor"]
        if not cursor:
            return rows


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_relations_and_members_come_once_each(busy, api, limit):
    rows = _walk(api, limit)
    pairs = [(row.get("external_userid"), row.get("follow_userid")) for row in rows]
    assert pairs == [
        ("wmA1", "wangfang"),
        ("wmB2", "wangfang"),
        ("wmA1", "LiNa"),
        ("wmA1", None),
        (None, "wangfang"),
    ]
    assert len({row["tmp_openid"] for row in rows}) == 3
    stranger = rows[-1]
    assert (stranger["is_customer"], stranger["name"]) == (False, "***宇")
    assert (stranger["chat_name"], "chat_id" in stranger) == ("周末茶会", False)
    assert rows[-2]["chat_id"] == "wr1"


def test_a_pass_that_lasts_longer_than_four_hours_is_over(busy, api):
    first = api.post(LIST, {"limit": 1})
    busy.clock.advance(timedelta(hours=5))
    api.log_in()
    answer = api.post(LIST, {"limit": 1, "cursor": first["next_cursor"]})
    assert answer["errcode"] == 40058
    again = api.post(LIST, {"limit": 1})
    assert again["info_list"][0]["tmp_openid"] != first["info_list"][0]["tmp_openid"]


def test_people_in_wechat_have_an_openid(state, api):
    path = f"{EXT}/convert_to_openid"
    openid = api.post(path, {"external_userid": "wmA1"})["openid"]
    assert len(openid) == 28
    business = state.add_contact(kind=2)
    assert api.post(path, {"external_userid": business})["errcode"] == 41056
    assert api.post(path, {"external_userid": "wmX"})["errcode"] == 40096
    assert api.post(path)["errcode"] == 40058
    path, ids = f"{EXT}/unionid_to_external_userid", {"unionid": "oz1", "openid": openid}
    assert api.post(path, ids)["external_userid"] == "wmA1"
    assert api.post(path, {**ids, "openid": "o-other"})["errcode"] == 610014
    assert api.post(path, {**ids, "unionid": "oz9"})["errcode"] == 610014
    assert api.post(path, {"unionid": "oz1"})["errcode"] == 40058


def test_a_providers_ids_become_ours(state, api):
    path = f"{EXT}/from_service_external_userid"
    body = {"external_userid": turned("wmA1"), "source_agentid": 7}
    assert api.post(path, body)["external_userid"] == "wmA1"
    assert api.post(path, {**body, "external_userid": "wmX"})["errcode"] == 40096
    assert api.post(path, {**body, "source_agentid": 0})["errcode"] == 40056
    assert api.post(path, {"external_userid": "wm1A"})["errcode"] == 40058
    path = "batch/openuserid_to_userid"
    known = open_userid("LiNa")
    body = {"open_userid_list": [known, "wo-none", known], "source_agentid": 7}
    answer = api.post(path, body)
    assert answer["userid_list"] == [{"open_userid": known, "userid": "LiNa"}]
    assert answer["invalid_open_userid_list"] == ["wo-none"]
    assert api.post(path, {**body, "open_userid_list": []})["errcode"] == 40058
    assert api.post(path, {**body, "open_userid_list": ["x"] * 1001})["errcode"] == 40032
