"""Broadcasts as WeCom's documentation shows them: read by the gateway, answered by the simulator."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

SINCE, UPTO = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)


def _request(name):
    return captured(f"07-broadcast/{name}_request")


def test_tasks_are_made_as_wecom_wants_them(replay):
    told = replay("07-broadcast/add_msg_template")
    body = _request("add_msg_template_single")
    receipt = told.gateway.create_group_message(
        sender=body["sender"],
        text=body["text"]["content"],
        attachments=body["attachments"],
        external_userids=body["external_userid"],
    )
    assert receipt.msgid == "msgpyBYGWm0zL6t2D9wBR7kJNBSnns-i"
    assert receipt.refused == (body["external_userid"][2],)
    assert told.sent | {"allow_select": False} == body
    body = _request("add_msg_template_group")
    told.gateway.create_group_message(
        chat_type="group",
        sender=body["sender"],
        text=body["text"]["content"],
        attachments=body["attachments"],
        chat_ids=body["chat_id_list"],
    )
    assert told.sent == body
    body = _request("add_msg_template_by_tag")
    told.gateway.create_tagged_message(
        tag_choices=[choice["tag_list"] for choice in body["tag_filter"]["group_list"]],
        sender=body["sender"],
        text=body["text"]["content"],
        allow_select=True,
    )
    assert told.sent == body


def test_what_became_of_them_is_read(replay):
    found = replay("07-broadcast/get_groupmsg_list_v2")
    ours, theirs = found.gateway.group_messages(
        chat_type="single", start=SINCE, end=UPTO, creator="lina", made_by=1
    )
    assert (ours.creator, ours.create_type, len(ours.attachments)) == ("", 0, 5)
    assert (theirs.creator, theirs.create_type, theirs.attachments) == ("lina", 1, ())
    assert (found.sent["creator"], found.sent["filter_type"]) == ("lina", 1)
    sent, unsent = replay("07-broadcast/get_groupmsg_task").gateway.group_message_tasks("m1")
    assert (sent.status, sent.sent_at.timestamp()) == (2, 1791771165)
    assert (unsent.status, unsent.sent_at) == (0, None)
    told = replay("07-broadcast/get_groupmsg_send_result_single").gateway
    results = list(told.group_message_results("m1", "wangfang"))
    assert [result.status for result in results] == [1, 2, 3, 0]
    assert [bool(result.sent_at) for result in results] == [True, False, False, False]
    page = replay("07-broadcast/get_groupmsg_send_result_group").gateway
    found = page.group_message_results_page("m1", "wangfang")
    assert found.items[0].chat_id.startswith("wr")
    assert found.next_cursor.startswith("RnAt")


def test_reminding_and_cancelling_name_the_task_alone(replay):
    told, body = replay(), _request("remind_or_cancel")
    told.gateway.remind_group_message(body["msgid"])
    assert (told.path, told.sent) == ("externalcontact/remind_groupmsg_send", body)
    told.gateway.cancel_group_message(body["msgid"])
    assert (told.path, told.sent) == ("externalcontact/cancel_groupmsg_send", body)


def test_a_refusal_names_whom_it_cannot_reach(replay):
    with pytest.raises(wecom.NobodyToSend):
        replay("07-broadcast/add_msg_template_none_41048").gateway.create_group_message(
            sender="wangfang", text="秋茶", external_userids=["wm1"]
        )


def test_a_welcome_is_sent_as_wecom_wants_it(replay):
    told, body = replay(), captured("08-welcome/send_welcome_msg_request")
    told.gateway.send_welcome(
        welcome_code=body["welcome_code"],
        text=body["text"]["content"],
        attachments=body["attachments"],
    )
    assert (told.path, told.sent) == ("externalcontact/send_welcome_msg", body)


@pytest.fixture
def own_ids(shop, gateway):
    """Put the ids of this corp where a captured body has those of another."""

    def change(body):
        for attachment in body.get("attachments", ()):
            content = attachment[attachment["msgtype"]]
            for key in {"media_id", "pic_media_id"} & set(content):
                kind = "image" if attachment["msgtype"] == "miniprogram" else attachment["msgtype"]
                made = gateway.upload_media(kind=kind, filename="a.bin", content=b"a file")
                content[key] = made.media_id
        return {**body, "sender": "zhangwei"}

    return change


def test_the_simulator_takes_and_answers_as_wecom_does(shop, corp_api, own_ids):
    body = own_ids(_request("add_msg_template_single"))
    body["external_userid"] = ["wm-xiaoyu", "wm-sunhao", "wm-nobody"]
    answer = corp_api.post("externalcontact/add_msg_template", body)
    assert_like(answer, captured("07-broadcast/add_msg_template"))
    assert answer["fail_list"] == ["wm-nobody"]
    shop.confirm(answer["msgid"])
    listed = corp_api.post(
        "externalcontact/get_groupmsg_list_v2",
        {"chat_type": "single", "start_time": 1780000000, "end_time": 1782000000},
    )
    assert_like(listed, captured("07-broadcast/get_groupmsg_list_v2"))
    kinds = [attachment["msgtype"] for attachment in listed["group_msg_list"][0]["attachments"]]
    assert kinds == ["image", "link", "miniprogram", "video", "file"]
    asked = {"msgid": answer["msgid"]}
    tasks = corp_api.post("externalcontact/get_groupmsg_task", asked)
    assert_like(tasks, captured("07-broadcast/get_groupmsg_task"))
    results = corp_api.post(
        "externalcontact/get_groupmsg_send_result", {**asked, "userid": "zhangwei"}
    )
    assert_like(results, captured("07-broadcast/get_groupmsg_send_result_single"))
    body["external_userid"] = ["wm-nobody"]
    nobody = corp_api.post("externalcontact/add_msg_template", body)
    assert_like(nobody, captured("07-broadcast/add_msg_template_none_41048"))


def test_the_simulator_takes_tasks_for_groups_and_tags(shop, corp_api, own_ids):
    chat_id = shop.add_group("wr1", "茶友群", "zhangwei", ["wm-xiaoyu"])
    body = own_ids(_request("add_msg_template_group")) | {"chat_id_list": [chat_id]}
    msgid = corp_api.post("externalcontact/add_msg_template", body)["msgid"]
    assert shop.confirm(msgid) == 1
    asked = {"msgid": msgid, "userid": "zhangwei"}
    results = corp_api.post("externalcontact/get_groupmsg_send_result", asked)
    assert_like(results, captured("07-broadcast/get_groupmsg_send_result_group"))
    group = shop.add_tag_group("客户等级", ["高", "中"])
    tag_ids = [tag.tag_id for tag in group.tags]
    shop.mark("zhangwei", "wm-sunhao", tag_ids[1])
    body = own_ids(_request("add_msg_template_by_tag"))
    body["tag_filter"] = {"group_list": [{"tag_list": tag_ids}]}
    msgid = corp_api.post("externalcontact/add_msg_template", body)["msgid"]
    assert shop.broadcasts[msgid].external_userids == ["wm-sunhao"]


def test_a_picture_address_must_come_from_uploadimg(gateway, shop):
    def send(url):
        image = {"msgtype": "image", "image": {"pic_url": url}}
        return gateway.create_group_message(sender="zhangwei", attachments=[image])

    assert send(gateway.upload_image(filename="a.png", content=b"a picture")).msgid
    with pytest.raises(wecom.BadRequest):
        send("https://elsewhere.example.com/a.png")
