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
