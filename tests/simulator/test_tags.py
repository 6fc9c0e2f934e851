from tests.simulator.shapes import assert_shape

LIST, ADD = "externalcontact/get_corp_tag_list", "externalcontact/add_corp_tag"
EDIT, DELETE = "externalcontact/edit_corp_tag", "externalcontact/del_corp_tag"
MARK = "externalcontact/mark_tag"


def test_answers_have_the_shape_of_the_real_ones(api, taste):
    assert_shape(api.post(LIST), "get_corp_tag_list")
    assert_shape(api.post(LIST, {"group_id": [taste.group]}), "get_corp_tag_list_by_group")
    assert_shape(api.post(LIST, {"tag_id": [taste.red]}), "get_corp_tag_list_by_group")
    body = {"group_name": "等级", "tag": [{"name": "高"}]}
    assert_shape(api.post(ADD, body), "add_corp_tag")


def test_tags_go_into_an_old_group_by_name_or_by_id(state, api, taste):
    by_name = {"group_name": "口味偏好", "tag": [{"name": "白茶", "order": 9}, {"name": "白茶"}]}
    assert api.post(ADD, by_name)["tag_group"]["group_id"] == taste.group
    by_id = {"group_id": taste.group, "group_name": "ignored", "tag": [{"name": "花茶"}]}
    assert api.post(ADD, by_id)["tag_group"]["group_name"] == "口味偏好"
    assert len(state.tag_groups[taste.group].tags) == 4


def test_names_are_unique_and_short(api, taste):
    assert api.post(ADD, {"group_id": taste.group, "tag": [{"name": "绿茶"}]})["errcode"] == 40071
    assert api.post(ADD, {"group_name": "空"})["errcode"] == 40058
    too_long = {"group_name": "g", "tag": [{"name": "字" * 31}]}
    assert api.post(ADD, too_long)["errcode"] == 40058
    assert api.post(EDIT, {"id": taste.green, "name": "红茶"})["errcode"] == 40071
    assert api.post(EDIT, {"id": "et-none", "name": "x"})["errcode"] == 40068
    assert api.post(EDIT, {"id": taste.group, "name": "口味"})["errcode"] == 0


def test_no_more_tags_than_a_corp_may_have(state, api):
    state.record("settings", tags_per_corp=1)
    body = {"group_name": "g", "tag": [{"name": "a"}, {"name": "b"}]}
    assert api.post(ADD, body)["errcode"] == 40126


def test_marking_changes_one_pair_only(state, api, taste):
    who = {"userid": "wangfang", "external_userid": "wmA1"}
    assert api.post(MARK, {**who, "add_tag": [taste.green, taste.red]})["errcode"] == 0
    body = {**who, "add_tag": [taste.green], "remove_tag": [taste.red]}
    assert api.post(MARK, body)["errcode"] == 0
    assert state.follow_between("wangfang", "wmA1").tag_ids == [taste.green]
    assert state.follow_between("LiNa", "wmA1").tag_ids == []


def test_marking_refuses_what_is_not_there(api, taste):
    who = {"userid": "wangfang", "external_userid": "wmA1"}
    assert api.post(MARK, who)["errcode"] == 40058
    assert api.post(MARK, {**who, "add_tag": ["et-none"]})["errcode"] == 40068
    stranger = {"userid": "LiNa", "external_userid": "wmB2", "add_tag": [taste.green]}
    assert api.post(MARK, stranger)["errcode"] == 84061


def test_a_deleted_tag_comes_off_and_an_empty_group_vanishes(state, api, taste):
    state.mark("wangfang", "wmA1", taste.green)
    assert api.post(DELETE, {"tag_id": [taste.green]})["errcode"] == 0
    assert state.follow_between("wangfang", "wmA1").tag_ids == []
    flagged = api.post(LIST, {"group_id": [taste.group]})["tag_group"][0]["tag"]
    assert {row["name"]: row["deleted"] for row in flagged} == {"绿茶": True, "红茶": False}
    assert api.post(DELETE, {"tag_id": [taste.red]})["errcode"] == 0
    assert api.post(LIST)["tag_group"] == []
    assert api.post(DELETE, {"tag_id": ["et-none"]})["errcode"] == 40068
    assert api.post(DELETE)["errcode"] == 40058


def test_an_app_changes_only_the_tags_it_made(state, api, taste):
    by_hand = state.add_tag_group("客户等级", ["高", "低"])
    high = by_hand.tag_id("高")
    for wanted in (high, by_hand.group_id):
        assert api.post(EDIT, {"id": wanted, "name": "x"})["errcode"] == 60011
    assert api.post(DELETE, {"tag_id": [taste.green, high]})["errcode"] == 60011
    assert api.post(DELETE, {"group_id": [by_hand.group_id]})["errcode"] == 60011
    assert len(api.post(LIST)["tag_group"]) == 2, "nothing was deleted"
    who = {"userid": "wangfang", "external_userid": "wmA1"}
    assert api.post(MARK, {**who, "add_tag": [high]})["errcode"] == 0


def test_a_group_is_deleted_when_all_its_tags_are_the_apps(state, api, taste):
    body = {"group_id": state.add_tag_group("客户等级", ["高"]).group_id, "tag": [{"name": "低"}]}
    made = api.post(ADD, body)["tag_group"]["tag"][0]["id"]
    assert api.post(DELETE, {"group_id": [body["group_id"]]})["errcode"] == 60011
    assert api.post(DELETE, {"tag_id": [made]})["errcode"] == 0
    assert api.post(DELETE, {"group_id": [taste.group]})["errcode"] == 0


def test_rule_groups_have_a_library_of_their_own(state, api, taste):
    west = state.add_strategy("西南区")
    below = state.add_strategy("成都", parent_id=west)
    add, listed = "externalcontact/add_strategy_tag", "externalcontact/get_strategy_tag_list"
    body = {"strategy_id": west, "group_name": "口味偏好", "tag": [{"name": "绿茶"}]}
    group = api.post(add, body)["tag_group"]
    assert (group["strategy_id"], group["group_id"] == taste.group) == (west, False)
    assert api.post(add, {**body, "strategy_id": below})["errcode"] == 40058
    assert api.post(add, {**body, "strategy_id": 9})["errcode"] == 40058
    assert api.post(add, body)["errcode"] == 40071
    found = api.post(listed, {"strategy_id": west})["tag_group"]
    assert [row["group_id"] for row in found] == [group["group_id"]]
    assert [row["group_id"] for row in api.post(LIST)["tag_group"]] == [taste.group]
    tag_id = group["tag"][0]["id"]
    edit, delete = "externalcontact/edit_strategy_tag", "externalcontact/del_strategy_tag"
    assert api.post(EDIT, {"id": tag_id, "name": "x"})["errcode"] == 40068
    assert api.post(edit, {"id": taste.green, "name": "x"})["errcode"] == 40068
    assert api.post(edit, {"id": tag_id, "name": "生普"})["errcode"] == 0
    state.mark("wangfang", "wmA1", tag_id)
    shown = api.get("externalcontact/get", external_userid="wmA1")["follow_user"][0]["tags"]
    assert [(tag["type"], tag["tag_name"]) for tag in shown] == [(3, "生普")]
    assert api.post(DELETE, {"tag_id": [tag_id]})["errcode"] == 40068
    assert api.post(delete, {"tag_id": [tag_id]})["errcode"] == 0
    assert api.post(listed, {"strategy_id": west})["tag_group"] == []


def test_tags_of_rule_groups_count_among_the_corps(state, api, taste):
    west = state.add_strategy("西南区")
    state.record("settings", tags_per_corp=3)
    body = {"strategy_id": west, "group_name": "g", "tag": [{"name": "a"}, {"name": "b"}]}
    assert api.post("externalcontact/add_strategy_tag", body)["errcode"] == 40126


def test_an_event_of_a_rule_groups_tag_names_the_rule_group(state):
    state.callbacks.mode, state.callbacks.url = "hold", "http://127.0.0.1:9/"
    state.add_tag_group("西南", ["成都"], strategy_id=state.add_strategy("西南区"), callback=True)
    [letter] = state.callbacks._held  # what it would carry
    assert "<StrategyId>1</StrategyId>" in letter.plaintext
