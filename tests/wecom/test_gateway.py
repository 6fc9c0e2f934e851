"""What the simulated corp knows, as the gateway tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scrm import wecom
from scrm.wecom import maxima
from scrm.wecom.gateway import Gateway
from scrm.wecom.pages import walk
from tests.wecom import rude as behaviour

START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def gateway(corp):
    return wecom.get_gateway()


@pytest.fixture
def shop(corp):
    """Two staff, of whom one has two customers."""
    state = corp.state
    state.clock.set(START)
    state.add_department(2, "成都一店", 1)
    state.add_staff("zhangwei", "张伟", departments=(1, 2))
    state.add_staff("lina", "李娜", departments=(2,), follows=False)
    for person, name in (("wm-xiaoyu", "小雨🌧"), ("wm-sunhao", "孙浩")):
        state.add_contact(person, name, unionid=f"union-{person}", gender=2)
        state.follow("zhangwei", person, at=START, add_way=3, state="counter")
    return state


def test_departments_come_with_their_parents(gateway, shop):
    found = {info.id: info for info in gateway.departments()}
    assert (found[2].name, found[2].parent_id) == ("成都一店", 1)
    assert found[1].parent_id == 0


def test_staff_of_a_department(gateway, shop):
    found = {info.userid: info for info in gateway.staff(2)}
    assert set(found) == {"zhangwei", "lina"}
    assert found["zhangwei"].department_ids == (1, 2)
    assert found["zhangwei"].status == 1
    assert gateway.follow_staff() == ["zhangwei"]


def test_customers_come_page_by_page_with_their_follower(gateway, shop):
    page = gateway.contacts_of(["zhangwei"])
    pairs = {pair.contact.external_userid: pair for pair in page.items}
    assert set(pairs) == {"wm-xiaoyu", "wm-sunhao"}
    pair = pairs["wm-xiaoyu"]
    assert (pair.contact.name, pair.contact.kind, pair.contact.gender) == ("小雨🌧", 1, 2)
    assert (pair.follow.userid, pair.follow.add_way, pair.follow.state) == (
        "zhangwei",
        3,
        "counter",
    )
    assert pair.follow.created_at == START
    assert page.next_cursor == ""


def test_more_customers_than_a_page_are_reached_by_cursor(gateway, shop):
    for number in range(150):
        shop.follow("zhangwei", shop.add_contact(f"wm-{number}", f"客户{number}"))
    first = gateway.contacts_of(["zhangwei"])
    second = gateway.contacts_of(["zhangwei"], cursor=first.next_cursor)
    found = {pair.contact.external_userid for pair in first.items + second.items}
    assert (len(first.items), len(found), second.next_cursor) == (100, 152, "")


def test_staff_without_customers_have_none(gateway, shop):
    shop.add_staff("wangfang", "王芳")
    assert gateway.contacts_of(["wangfang"]).items == ()


def test_more_staff_than_a_call_takes_is_the_callers_mistake(gateway):
    with pytest.raises(ValueError, match="100"):
        gateway.contacts_of([f"staff-{number}" for number in range(101)])


def test_a_customer_comes_with_every_follower_over_all_pages(gateway, shop):
    shop.settings.followers_per_page = 2
    for number in range(4):
        shop.add_staff(f"staff-{number}")
        shop.follow(f"staff-{number}", "wm-xiaoyu")
    detail = gateway.contact("wm-xiaoyu")
    assert detail.contact.unionid == "union-wm-xiaoyu"
    assert len({follow.userid for follow in detail.follows}) == 5


def test_corp_tags_of_a_customer_are_ids_and_personal_ones_names(gateway, shop):
    group = shop.add_tag_group("口味", tags=["生普", "熟普"])
    shop.mark("zhangwei", "wm-xiaoyu", group.tag_id("生普"))
    shop.follow_between("zhangwei", "wm-xiaoyu").personal_tags.append("爱聊天")
    [follow] = gateway.contact("wm-xiaoyu").follows
    assert follow.tag_ids == (group.tag_id("生普"),)
    assert follow.personal_tags == ("爱聊天",)
    [found] = gateway.corp_tags()
    assert (found.name, [tag.name for tag in found.tags]) == ("口味", ["生普", "熟普"])


def test_a_deleted_tag_is_told_when_asked_by_group(gateway, shop):
    group = shop.add_tag_group("口味", tags=["生普", "熟普"])
    shop.delete_tag(group.tag_id("生普"))
    [found] = gateway.corp_tags(group_ids=[group.group_id])
    assert {tag.name: tag.deleted for tag in found.tags} == {"生普": True, "熟普": False}


def test_a_customer_nobody_follows_has_no_relation(gateway, shop):
    stranger = shop.add_contact("wm-stranger", "路人")
    with pytest.raises(wecom.NoRelation):
        gateway.contact(stranger)


def test_groups_and_their_members(gateway, shop):
    shop.add_group("wr-1", "茶友群", "zhangwei", members=["wm-xiaoyu"])
    page = gateway.group_chats(owner_userids=["zhangwei"])
    assert [ref.chat_id for ref in page.items] == ["wr-1"]
    chat = gateway.group_chat("wr-1")
    assert (chat.name, chat.owner) == ("茶友群", "zhangwei")
    members = {member.member_id: member for member in chat.members}
    assert (members["wm-xiaoyu"].kind, members["zhangwei"].kind) == (2, 1)
    assert members["wm-xiaoyu"].name == "小雨🌧"


def test_a_message_from_its_making_to_its_result(gateway, shop):
    receipt = gateway.create_group_message(
        sender="zhangwei", text="秋茶到店", external_userids=["wm-xiaoyu", "wm-nobody"]
    )
    assert receipt.refused == ("wm-nobody",)
    [listed] = gateway.group_messages(
        chat_type="single", start=START - timedelta(days=40), end=START + timedelta(days=1)
    )
    assert (listed.msgid, listed.text, listed.creator) == (receipt.msgid, "秋茶到店", "")
    [task] = gateway.group_message_tasks(receipt.msgid)
    assert (task.userid, task.status, task.sent_at) == ("zhangwei", 0, None)
    shop.confirm(receipt.msgid)
    [task] = gateway.group_message_tasks(receipt.msgid)
    assert task.status == 2
    [result] = gateway.group_message_results(receipt.msgid, "zhangwei")
    assert (result.external_userid, result.status) == ("wm-xiaoyu", 1)
    assert result.sent_at is not None


def test_a_cancelled_message_says_so_the_second_time(gateway, shop):
    receipt = gateway.create_group_message(
        sender="zhangwei", text="秋茶到店", external_userids=["wm-xiaoyu"]
    )
    gateway.remind_group_message(receipt.msgid)
    gateway.cancel_group_message(receipt.msgid)
    with pytest.raises(wecom.AlreadyCancelled):
        gateway.cancel_group_message(receipt.msgid)


def test_a_message_to_nobody_is_refused(gateway, shop):
    with pytest.raises(wecom.NobodyToSend):
        gateway.create_group_message(
            sender="zhangwei", text="秋茶到店", external_userids=["wm-nobody"]
        )


def test_a_list_right_after_the_making_may_still_be_dispatching(gateway, shop):
    shop.settings.dispatch_seconds = 30
    receipt = gateway.create_group_message(
        sender="zhangwei", text="秋茶到店", external_userids=["wm-xiaoyu"]
    )
    with pytest.raises(wecom.StillDispatching):
        list(gateway.group_message_tasks(receipt.msgid))


@pytest.mark.parametrize("count", ["external_userids", "chat_ids", "attachments"])
def test_lists_above_wecoms_maximum_are_the_callers_mistake(gateway, count):
    most = {
        "external_userids": maxima.CONTACTS_PER_TASK,
        "chat_ids": maxima.GROUPS_PER_TASK,
        "attachments": maxima.ATTACHMENTS_PER_MESSAGE,
    }[count]
    too_many = [{"msgtype": "image"}] * (most + 1) if count == "attachments" else ["x"] * (most + 1)
    with pytest.raises(ValueError, match=str(most)):
        gateway.create_group_message(sender="zhangwei", text="t", **{count: too_many})


def test_a_welcome_code_works_once(gateway, shop):
    shop.add_contact("wm-new", "新客")
    shop.follow("zhangwei", "wm-new", welcome=True)
    [code] = shop.welcomes
    gateway.send_welcome(welcome_code=code, text="您好")
    with pytest.raises(wecom.WelcomeTaken):
        gateway.send_welcome(welcome_code=code, text="您好")


def test_a_welcome_code_dies_after_twenty_seconds(gateway, shop):
    shop.add_contact("wm-new", "新客")
    shop.follow("zhangwei", "wm-new", welcome=True)
    shop.clock.advance(timedelta(seconds=21))
    [code] = shop.welcomes
    with pytest.raises(wecom.WelcomeExpired):
        gateway.send_welcome(welcome_code=code, text="您好")


def test_a_file_becomes_a_media_id(gateway, corp):
    receipt = gateway.upload_media(kind="file", filename="茶单.pdf", content=b"%PDF-1.7")
    assert receipt.media_id in corp.state.media
    assert receipt.created_at.tzinfo is not None


def test_answers_that_leave_out_what_is_empty_are_read(rude, transport_to):
    bare = {
        "errcode": 0,
        "external_contact": {"external_userid": "wm1", "name": "甲", "type": 1},
        "follow_user": [{"userid": "lina", "createtime": 1791770400}],
    }
    gateway = Gateway(transport_to(rude(behaviour.say(bare)).api))
    detail = gateway.contact("wm1")
    assert (detail.contact.unionid, detail.contact.corp_name) == ("", "")
    assert detail.follows[0].tag_ids == ()


def test_a_cursor_that_comes_back_ends_in_an_error_not_for_ever():
    with pytest.raises(wecom.OutcomeUnknown):
        list(walk(lambda cursor: (["item"], "again")))


def test_short_and_empty_pages_do_not_end_a_walk():
    pages = {"": ([], "a"), "a": ([1], "b"), "b": ([], "c"), "c": ([2], "")}
    assert list(walk(pages.__getitem__)) == [1, 2]


def test_every_gateway_process_has_one_gateway(corp):
    assert wecom.get_gateway() is wecom.get_gateway()
