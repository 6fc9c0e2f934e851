"""What lies outside the app's visible range (可见范围) is hidden or refused."""

import pytest

EXT = "externalcontact"


@pytest.fixture
def narrow(state):
    """Only the shop (5) is visible: Wang Fang, not Li Na or the people of the root."""
    state.add_staff("boss")
    state.follow("boss", state.add_contact("wmBoss"))
    state.record("settings", visible_departments="5")
    return state


def test_only_visible_departments_and_staff_are_listed(narrow, api):
    assert [row["id"] for row in api.get("department/list")["department"]] == [5]
    assert [row["id"] for row in api.get("department/simplelist")["department_id"]] == [5]
    assert api.get("department/list", id=2)["errcode"] == 60011
    assert api.get("user/list", department_id=2)["errcode"] == 60011
    assert api.get("user/simplelist", department_id=1)["errcode"] == 60011
    assert api.get("user/list", department_id=77)["errcode"] == 60123
    assert api.get("user/get", userid="lina")["errcode"] == 60011
    assert api.get("user/get", userid="nobody")["errcode"] == 60111
    assert api.get(f"{EXT}/get_follow_user_list")["follow_user"] == ["wangfang"]


def test_departments_below_a_visible_one_are_visible(narrow, api):
    narrow.record("settings", visible_departments="2")
    assert [row["id"] for row in api.get("department/list")["department"]] == [2, 5]
    assert api.get("user/get", userid="lina")["errcode"] == 0


def test_customers_are_seen_by_their_visible_followers(narrow, api):
    seen = api.get(f"{EXT}/get", external_userid="wmA1")["follow_user"]
    assert [row["userid"] for row in seen] == ["wangfang"]
    assert api.get(f"{EXT}/get", external_userid="wmBoss")["errcode"] == 84061
    assert api.get(f"{EXT}/list", userid="LiNa")["errcode"] == 60011
    people = api.post(f"{EXT}/contact_list")["info_list"]
    assert {row["follow_userid"] for row in people} == {"wangfang"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("batch/get_by_user", {"userid_list": ["wangfang", "lina"]}),
        ("remark", {"userid": "LiNa", "external_userid": "wmA1", "remark": "a"}),
        ("add_contact_way", {"type": 1, "scene": 2, "user": ["LiNa"]}),
        ("get_user_behavior_data", {"userid": ["LiNa"], "start_time": 1, "end_time": 1}),
        ("get_user_behavior_data", {"partyid": [2], "start_time": 1, "end_time": 1}),
        (
            "transfer_customer",
            {
                "handover_userid": "wangfang",
                "takeover_userid": "LiNa",
                "external_userid": ["wmA1"],
            },
        ),
        (
            "customer_acquisition/create_link",
            {"link_name": "a", "range": {"user_list": ["LiNa"]}},
        ),
    ],
)
def test_staff_out_of_range_are_refused(narrow, api, path, body):
    assert api.post(f"{EXT}/{path}", body)["errcode"] == 60011


def test_groups_of_owners_out_of_range_are_unseen(narrow, api):
    ours, theirs = narrow.add_group(owner="wangfang"), narrow.add_group(owner="LiNa")
    listed = api.post(f"{EXT}/groupchat/list", {"limit": 10})["group_chat_list"]
    assert [row["chat_id"] for row in listed] == [ours]
    assert api.post(f"{EXT}/groupchat/get", {"chat_id": theirs})["errcode"] == 60011
    join = {"scene": 2, "chat_id_list": [theirs]}
    assert api.post(f"{EXT}/groupchat/add_join_way", join)["errcode"] == 60011
    body = {"chat_id_list": [ours, theirs], "new_owner": "wangfang"}
    failed = api.post(f"{EXT}/groupchat/onjob_transfer", body)["failed_chat_list"]
    assert {row["chat_id"]: row["errcode"] for row in failed} == {ours: 90504, theirs: 60011}


def test_the_secret_of_the_directory_reads_ids_and_nothing_else(state, api):
    app_token, identity = api.token, state.identity
    assert api.post("user/list_id")["errcode"] == 48002
    asked = {"corpid": identity.corp_id, "corpsecret": identity.directory_secret}
    api.token = api.get("gettoken", **asked)["access_token"]
    assert api.token != app_token
    first = api.post("user/list_id", {"limit": 2})
    assert first["dept_user"] == [
        {"userid": "wangfang", "department": 5},
        {"userid": "wangfang", "department": 2},
    ]
    rest = api.post("user/list_id", {"limit": 2, "cursor": first["next_cursor"]})
    assert rest["dept_user"] == [{"userid": "LiNa", "department": 2}]
    assert rest["next_cursor"] == ""
    assert len(api.get("department/simplelist")["department_id"]) == 3
    assert api.get("user/get", userid="LiNa")["errcode"] == 48009
    assert api.get(f"{EXT}/get_follow_user_list")["errcode"] == 48002
    assert api.get("gettoken", **asked)["access_token"] == api.token
