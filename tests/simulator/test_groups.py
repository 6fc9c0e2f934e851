from tests.simulator.shapes import assert_shape

LIST, GET = "externalcontact/groupchat/list", "externalcontact/groupchat/get"


def test_answers_have_the_shape_of_the_real_ones(state, api):
    chat = state.add_group(name="茶友会", owner="wangfang", members=["wmA1"], admins=["LiNa"])
    state.join_group(chat, "wmB2", state="poster", nickname="小孙+干皮+入门")
    assert_shape(api.post(LIST, {"limit": 10}), "groupchat_list")
    assert_shape(api.post(GET, {"chat_id": chat, "need_name": 1}), "groupchat_get")
    assert_shape(api.post(GET, {"chat_id": chat}), "groupchat_get_without_names")


def test_groups_are_paged_and_the_limit_is_required(state, api):
    chats = [state.add_group(owner="wangfang") for _number in range(5)]
    found, cursor = [], ""
    while True:
        page = api.post(LIST, {"limit": 2, "cursor": cursor})
        found += [row["chat_id"] for row in page["group_chat_list"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert found == chats
    assert api.post(LIST)["errcode"] == 40058
    assert api.post(LIST, {"limit": 1001})["errcode"] == 40058


def test_too_many_owners_must_be_named(state, api):
    chat = state.add_group(owner="LiNa")
    state.record("settings", owners_without_filter=1)
    assert api.post(LIST, {"limit": 10})["errcode"] == 81017
    named = {"limit": 10, "owner_filter": {"userid_list": ["lina"]}}
    assert [row["chat_id"] for row in api.post(LIST, named)["group_chat_list"]] == [chat]


def test_groups_of_owners_who_left_must_be_asked_for(state, api):
    chat = state.add_group(owner="LiNa")
    state.remove_staff("LiNa")
    assert api.post(LIST, {"limit": 10})["group_chat_list"] == []
    named = {"limit": 10, "owner_filter": {"userid_list": ["LiNa"]}}
    assert api.post(LIST, named)["group_chat_list"] == [{"chat_id": chat, "status": 1}]


def test_the_member_version_changes_with_the_members(state, api):
    chat = state.add_group(owner="wangfang", members=["wmA1"])
    before = api.post(GET, {"chat_id": chat})["group_chat"]["member_version"]
    state.join_group(chat, "wmB2")
    between = api.post(GET, {"chat_id": chat})["group_chat"]["member_version"]
    state.leave_group(chat, "wmB2")
    after = api.post(GET, {"chat_id": chat})["group_chat"]["member_version"]
    assert len({before, between, after}) == 3


def test_a_dismissed_group_is_gone(state, api):
    chat = state.add_group(owner="wangfang")
    state.dismiss_group(chat)
    assert api.post(LIST, {"limit": 10})["group_chat_list"] == []
    assert api.post(GET, {"chat_id": chat})["errcode"] == 40058
