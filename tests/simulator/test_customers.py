import pytest

from tests.simulator.shapes import assert_shape


def test_answers_have_the_shape_of_the_real_ones(state, api, taste):
    state.mark("wangfang", "wmA1", taste.green)
    state.followers["wmA1"]["wangfang"].personal_tags = ["送过试饮"]
    assert_shape(api.get("externalcontact/get_follow_user_list"), "get_follow_user_list")
    assert_shape(api.get("externalcontact/list", userid="wangfang"), "list")
    assert_shape(api.get("externalcontact/get", external_userid="wmA1"), "get")
    body = {"userid_list": ["wangfang", "lina"]}
    assert_shape(api.post("externalcontact/batch/get_by_user", body), "batch_get_by_user")
    business = state.add_contact("woC3", "陈立", kind=2)
    state.follow("wangfang", business)
    answer = api.get("externalcontact/get", external_userid=business)
    assert_shape({**answer, "follow_user": []}, "get_wecom_user")


def test_staff_without_customers_are_an_error(state, api):
    state.add_staff("newcomer")
    answer = api.get("externalcontact/list", userid="newcomer")
    assert (answer["errcode"], answer["external_userid"]) == (84061, [])
    body = {"userid_list": ["newcomer"]}
    assert api.post("externalcontact/batch/get_by_user", body)["external_contact_list"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [({"external_userid": "wmX"}, 40096), ({}, 40058), ({"external_userid": "wmB2"}, 0)],
)
def test_unknown_customers_are_refused(api, query, code):
    assert api.get("externalcontact/get", **query)["errcode"] == code


def test_a_customer_whom_nobody_follows_any_more_is_no_contact(state, api):
    state.unfollow_by_contact("wangfang", "wmB2")
    assert api.get("externalcontact/get", external_userid="wmB2")["errcode"] == 84061
    assert api.get("externalcontact/list", userid="wangfang")["external_userid"] == ["wmA1"]


def test_one_way_relations_can_stay_listed(state, api):
    state.record("settings", lists_one_way=True)
    state.unfollow_by_contact("wangfang", "wmB2")
    state.unfollow_by_staff("wangfang", "wmA1")
    assert api.get("externalcontact/list", userid="wangfang")["external_userid"] == ["wmB2"]


def test_followers_come_in_pages_when_they_are_many(state, api):
    state.record("settings", followers_per_page=1)
    first = api.get("externalcontact/get", external_userid="wmA1")
    assert_shape(first, "get_page")
    rest = api.get("externalcontact/get", external_userid="wmA1", cursor=first["next_cursor"])
    assert [row["userid"] for row in rest["follow_user"]] == ["LiNa"]
    assert "next_cursor" not in rest


def _walk(api, body):
    cursor, rows = "", []
    while True:
        page = api.post("externalcontact/batch/get_by_user", {**body, "cursor": cursor})
        rows += [
            (row["follow_info"]["userid"], row["external_contact"]["external_userid"])
            for row in page["external_contact_list"]
        ]
        cursor = page["next_cursor"]
        if not cursor:
            return rows


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pairs_are_paged_without_a_gap_or_a_double(state, api, limit):
    for number in range(7):
        state.follow("LiNa", state.add_contact(f"wmN{number}"))
    rows = _walk(api, {"userid_list": ["wangfang", "LiNa", "wangfang"], "limit": limit})
    assert len(rows) == len(set(rows)) == 10


def test_a_page_mark_survives_people_leaving_and_coming(state, api):
    for number in range(6):
        state.follow("LiNa", state.add_contact(f"wmN{number}"))
    body = {"userid_list": ["LiNa"], "limit": 3}
    first = api.post("externalcontact/batch/get_by_user", body)
    state.unfollow_by_contact("LiNa", "wmN0")
    state.follow("LiNa", "wmB2")
    rest = _walk(api, {**body, "cursor": ""})
    second = api.post("externalcontact/batch/get_by_user", {**body, "cursor": first["next_cursor"]})
    names = [row["external_contact"]["external_userid"] for row in second["external_contact_list"]]
    assert names == ["wmN2", "wmN3", "wmN4"]
    assert len(rest) == 7


def test_a_limit_above_the_maximum_falls_back_to_the_default(state, api):
    for number in range(60):
        state.follow("LiNa", state.add_contact(f"wmN{number}"))
    body = {"userid_list": ["LiNa"], "limit": 101}
    assert len(api.post("externalcontact/batch/get_by_user", body)["external_contact_list"]) == 50


def test_bad_lists_and_cursors_are_refused(api):
    path = "externalcontact/batch/get_by_user"
    assert api.post(path, {"userid_list": ["x"] * 101})["errcode"] == 40032
    assert api.post(path, {"userid_list": []})["errcode"] == 40058
    assert api.post(path, {"userid_list": ["ghost"]})["errcode"] == 40003
    for cursor in ("made-up", "AAAAAAAAAAAAAAAAAAAA", "é"):
        body = {"userid_list": ["lina"], "cursor": cursor}
        assert api.post(path, body)["errcode"] == 40058


def test_a_remark_changes_what_is_given_and_nothing_else(state, api):
    who = {"userid": "wangfang", "external_userid": "wmA1"}
    path = "externalcontact/remark"
    body = {**who, "remark": "周小雨", "remark_mobiles": ["138", "139"]}
    assert api.post(path, body)["errcode"] == 0
    follow = state.follow_between("wangfang", "wmA1")
    assert (follow.remark, follow.mobiles) == ("周小雨", ["138", "139"])
    assert api.post(path, {**who, "remark_mobiles": [""]})["errcode"] == 0
    assert (follow.remark, follow.mobiles) == ("周小雨", [])
    assert api.post(path, who)["errcode"] == 40058
    assert api.post(path, {**who, "remark": "字" * 21})["errcode"] == 40058
    assert api.post(path, {**who, "external_userid": "wmX", "remark": "a"})["errcode"] == 40096
    stranger = {"userid": "LiNa", "external_userid": "wmB2", "remark": "a"}
    assert api.post(path, stranger)["errcode"] == 84061
