"""Corp tags and remarks: against the simulated corp, and against captured bodies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from scrm import wecom
from scrm.ratelimit.slots import slot
from scrm.wecom.maxima import ONE_AT_A_TIME
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

WHO = {"userid": "zhangwei", "external_userid": "wm-xiaoyu"}


def test_tags_are_made_in_the_order_given(gateway, shop):
    made = gateway.add_corp_tags(["绿茶", "红茶"], group_name="口味偏好", order=10)
    assert [tag.name for tag in made.tags] == ["绿茶", "红茶"]
    more = gateway.add_corp_tags(["白茶"], group_id=made.group_id)
    assert (more.group_id, [tag.name for tag in more.tags]) == (made.group_id, ["白茶"])
    [group] = gateway.corp_tags()
    assert {tag.name for tag in group.tags} == {"绿茶", "红茶", "白茶"}


def test_a_taken_name_and_a_deleted_tag_have_errors_of_their_own(gateway, shop):
    made = gateway.add_corp_tags(["绿茶", "红茶"], group_name="口味偏好")
    green, red = (tag.tag_id for tag in made.tags)
    with pytest.raises(wecom.TagExists) as taken:
        gateway.edit_corp_tag(red, name="绿茶")
    assert taken.value.code == 40071
    gateway.edit_corp_tag(red, name="正山小种", order=7)
    gateway.delete_corp_tags([green])
    with pytest.raises(wecom.NotFound) as gone:
        gateway.mark_tags(**WHO, add=[green])
    assert gone.value.code == 40068
    [group] = gateway.corp_tags()
    assert [(tag.name, tag.order) for tag in group.tags] == [("正山小种", 7)]


def test_marking_changes_the_relation_named(gateway, shop):
    made = gateway.add_corp_tags(["绿茶", "红茶"], group_name="口味偏好")
    green, red = (tag.tag_id for tag in made.tags)
    gateway.mark_tags(**WHO, add=[green])
    gateway.mark_tags(**WHO, add=[red], remove=[green])
    assert shop.follow_between("zhangwei", "wm-xiaoyu").tag_ids == [red]
    with pytest.raises(wecom.NoRelation):
        gateway.mark_tags(userid="wangfang", external_userid="wm-xiaoyu", add=[red])


def test_many_who_edit_one_customer_wait_for_each_other(gateway, shop):
    shop.record("settings", latency_seconds=0.02)
    names = [f"标签{number}" for number in range(8)]
    made = gateway.add_corp_tags(names, group_name="并发")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda tag: gateway.mark_tags(**WHO, add=[tag.tag_id]), made.tags))
    assert len(shop.follow_between("zhangwei", "wm-xiaoyu").tag_ids) == 8
    assert not shop.calls.refusals


def test_who_waits_too_long_for_another_is_told_to_come_back(shop, corp, transport_to):
    gateway = wecom.Gateway(transport_to(corp.api))
    with (
        slot(ONE_AT_A_TIME, "wm-xiaoyu", patience=0, lease=30),
        pytest.raises(wecom.Busy) as busy,
    ):
        gateway.remark_contact(**WHO, remark="老客")
    assert busy.value.retryable


def test_a_remark_changes_only_what_is_named(gateway, shop):
    gateway.remark_contact(**WHO, remark="春熙路VIP", mobiles=["13800001001"])
    gateway.remark_contact(**WHO, description="喜欢生普", company="锦江设计")
    [follow] = gateway.contact("wm-xiaoyu").follows
    assert (follow.remark, follow.description) == ("春熙路VIP", "喜欢生普")
    assert follow.remark_mobiles == ("13800001001",)
    gateway.remark_contact(**WHO, mobiles=[])
    [follow] = gateway.contact("wm-xiaoyu").follows
    assert (follow.remark, follow.remark_mobiles) == ("春熙路VIP", ())


@pytest.mark.parametrize("changed", [{"remark": "字" * 21}, {"description": "字" * 151}, {}])
def test_a_remark_too_long_or_empty_is_the_callers_mistake(gateway, changed):
    with pytest.raises(ValueError, match=r"remark|description"):
        gateway.remark_contact(**WHO, **changed)


def test_wecoms_answers_about_tags_are_read(replay):
    [level, *_] = replay("04-tag/get_corp_tag_list").gateway.corp_tags()
    assert [tag.name for tag in level.tags] == ["高意向", "中意向", "低意向"]
    [flagged] = replay("04-tag/get_corp_tag_list_by_group").gateway.corp_tags(group_ids=["et"])
    assert [tag.deleted for tag in flagged.tags] == [False, False, True]
    made = replay("04-tag/add_corp_tag").gateway.add_corp_tags(["绿茶"], group_name="口味偏好")
    assert (made.name, made.order, len(made.tags)) == ("口味偏好", 10, 2)


def test_tags_are_asked_for_as_wecom_wants_it(replay):
    wanted = captured("04-tag/add_corp_tag_request")
    made = replay("04-tag/add_corp_tag")
    made.gateway.add_corp_tags(["绿茶", "红茶"], group_name="口味偏好", order=10)
    assert (made.path, made.sent) == ("externalcontact/add_corp_tag", wanted)
    plain = replay()
    wanted = captured("04-tag/edit_corp_tag_request")
    plain.gateway.edit_corp_tag(wanted["id"], name="待唤醒", order=5)
    assert (plain.path, plain.sent) == ("externalcontact/edit_corp_tag", wanted)
    wanted = captured("04-tag/del_corp_tag_request")
    plain.gateway.delete_corp_tags(wanted["tag_id"])
    assert (plain.path, plain.sent) == ("externalcontact/del_corp_tag", wanted)
    wanted = captured("04-tag/mark_tag_request")
    who = {"userid": wanted["userid"], "external_userid": wanted["external_userid"]}
    plain.gateway.mark_tags(**who, add=wanted["add_tag"], remove=wanted["remove_tag"])
    assert (plain.path, plain.sent) == ("externalcontact/mark_tag", wanted)


def test_remarks_are_written_as_wecom_wants_it(replay):
    plain, wanted = replay(), captured("03-customer/remark_request")
    who = {"userid": wanted["userid"], "external_userid": wanted["external_userid"]}
    plain.gateway.remark_contact(
        **who,
        remark=wanted["remark"],
        description=wanted["description"],
        company=wanted["remark_company"],
        mobiles=wanted["remark_mobiles"],
        picture_media_id=wanted["remark_pic_mediaid"],
    )
    assert (plain.path, plain.sent) == ("externalcontact/remark", wanted)
    plain.gateway.remark_contact(**who, mobiles=[])
    assert plain.sent == captured("03-customer/remark_clear_mobiles_request")


def test_the_simulator_answers_as_wecom_does(gateway, shop, corp_api):
    gateway.add_corp_tags(["高", "低"], group_name="等级")
    answer = corp_api.post("externalcontact/get_corp_tag_list")
    assert_like(answer, captured("04-tag/get_corp_tag_list"))
    body = {"group_name": "口味", "tag": [{"name": "绿茶"}]}
    answer = corp_api.post("externalcontact/add_corp_tag", body)
    assert_like(answer, captured("04-tag/add_corp_tag"))


def test_tags_made_by_hand_are_not_ours_to_change(gateway, shop):
    by_hand = shop.add_tag_group("客户等级", ["高"])
    for change in (
        lambda: gateway.edit_corp_tag(by_hand.group_id, name="等级"),
        lambda: gateway.delete_corp_tags([by_hand.tag_id("高")]),
    ):
        with pytest.raises(wecom.NotVisible) as refused:
            change()
        assert refused.value.code == 60011
    gateway.mark_tags(**WHO, add=[by_hand.tag_id("高")])


def test_rule_groups_have_tags_of_their_own(gateway, shop):
    west = shop.add_strategy("西南区")
    made = gateway.add_strategy_tags(west, ["成都", "重庆"], group_name="城市", order=3)
    assert [tag.name for tag in made.tags] == ["成都", "重庆"]
    more = gateway.add_strategy_tags(west, ["贵阳"], group_id=made.group_id)
    gateway.edit_strategy_tag(made.tags[1].tag_id, name="万州")
    gateway.delete_strategy_tags([more.tags[0].tag_id])
    [group] = gateway.strategy_tags(west)
    assert (group.strategy_id, [tag.name for tag in group.tags]) == (west, ["成都", "万州"])
    assert gateway.corp_tags() == []
    [found] = gateway.strategy_tags(tag_ids=[more.tags[0].tag_id])
    assert [tag.deleted for tag in found.tags] == [True]
    with pytest.raises(wecom.BadRequest):
        gateway.add_strategy_tags(99, ["x"], group_name="y")


@pytest.mark.parametrize("wrong", [{"names": ["字" * 31]}, {"group_name": "字" * 31}])
def test_a_tag_name_too_long_is_the_callers_mistake(gateway, wrong):
    with pytest.raises(ValueError, match="name"):
        gateway.add_corp_tags(**{"names": ["x"], "group_name": "g", **wrong})
