import pytest

from tests.simulator.shapes import assert_shape


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("department/list", {}, "department_list"),
        ("department/simplelist", {}, "department_simplelist"),
        ("user/get", {"userid": "wangfang"}, "user_get"),
        ("user/simplelist", {"department_id": 5}, "user_simplelist"),
        ("user/list", {"department_id": 5}, "user_list"),
    ],
)
def test_answers_have_the_shape_of_the_real_ones(api, path, query, name):
    assert_shape(api.get(path, **query), name)


def test_departments_below_one_are_listed(api):
    below = api.get("department/list", id=2)["department"]
    assert [row["id"] for row in below] == [2, 5]
    assert api.get("department/list", id=77)["errcode"] == 60123


def test_staff_are_listed_by_department_and_not_below(api):
    names = [row["userid"] for row in api.get("user/list", department_id=2)["userlist"]]
    assert names == ["wangfang", "LiNa"]
    assert api.get("user/list", department_id=1)["userlist"] == []


def test_userids_are_found_in_any_case(api):
    assert api.get("user/get", userid="LINA")["userid"] == "LiNa"


def test_staff_who_left_are_gone(state, api):
    state.remove_staff("lina")
    assert api.get("user/get", userid="LiNa")["errcode"] == 60111
    assert len(api.get("user/list", department_id=2)["userlist"]) == 1
    follow_users = api.get("externalcontact/get_follow_user_list")["follow_user"]
    assert follow_users == ["wangfang"]
