"""What the phone page is given, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest

WELCOME = "externalcontact/send_welcome_msg"
LINK = {
    "msgtype": "link",
    "link": {"title": "上新", "desc": "秋茶", "url": "https://mall.example.com"},
}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.fixture
def view(door):
    """One of the phone's views."""

    def ask(name, /, **query):
        status, answer = door.ask("GET", f"/sim/phone/{name}?{urlencode(query)}")
        assert status == 200, answer
        return answer

    return ask


@pytest.fixture
def act(door):
    def do(name, /, **given):
        status, answer = door.ask("POST", "/sim/act", {"act": name, **given})
        assert status == 200, answer
        return answer

    return do


def _texts(chat):
    return [message["text"] for message in chat["messages"] if message["kind"] == "message"]


def test_a_new_person_adds_somebody_with_a_greeting_and_sees_the_welcome(state, api, view, act):
    person = act("arrive", name="阿茶")["external_userid"]
    assert view("customer", external_userid=person)["chats"] == []
    pair = {"userid": "LiNa", "external_userid": person}
    code = act("add", **pair, greeting="在门店看到的")["welcome_code"]
    assert view("chat", **pair)["welcome_pending"]
    sent = {"welcome_code": code, "text": {"content": "你好"}, "attachments": [LINK]}
    assert api.post(WELCOME, sent)["errcode"] == 0
    chat = view("chat", **pair)
    assert not chat["welcome_pending"]
    assert _texts(chat) == ["在门店看到的", "你好"]
    welcome = chat["messages"][-1]
    assert (welcome["of"], welcome["author"]) == ("welcome", "LiNa")
    assert welcome["cards"] == [
        {"kind": "link", "title": "上新", "desc": "秋茶", "url": "https://mall.example.com"}
    ]
    [row] = view("customer", external_userid=person)["chats"]
    assert (row["name"], row["incoming"], row["last"]["text"]) == ("李娜", 1, "你好")


def test_both_sides_see_one_chat_in_order(state, send, view, act):
    pair = {"userid": "wangfang", "external_userid": "wmA1"}
    send("wmA1", text="秋茶到店啦")
    state.confirm()
    act("reply", **pair, text="有货吗")
    act("say", **pair, text="有的")
    assert _texts(view("chat", **pair)) == ["秋茶到店啦", "有货吗", "有的"]
    [row] = [r for r in view("desk", userid="wangfang")["chats"] if r["id"] == "wmA1"]
    assert (row["incoming"], row["last"]["text"]) == (1, "有的")
    act("delete", **pair, by="contact")
    chat = view("chat", **pair)
    assert (chat["active"], chat["messages"][-1]["text"]) == (False, "ended_contact")


def test_staff_see_what_waits_preview_it_and_choose(state, api, door, view):
    body = {"sender": "wangfang", "text": {"content": "秋茶"}, "attachments": [LINK]}
    add = "externalcontact/add_msg_template"
    free = api.post(add, {**body, "allow_select": True})["msgid"]
    fixed = api.post(add, body)["msgid"]
    assert [row["waiting"] for row in view("staff", q="王")["staff"]] == [2]
    [task] = view("tasks", userid="wangfang", msgid=free)["tasks"]
    assert (task["state"], task["receivers"], task["allow_select"]) == ("open", 2, True)
    assert [target["name"] for target in task["targets"]] == ["小雨", "孙浩"]
    only = {"userid": "wangfang", "chosen": ["wmB2"]}
    assert door.ask("POST", "/sim/confirm", {"msgid": fixed, **only})[1]["field"] == "chosen"
    assert door.ask("POST", "/sim/confirm", {"chosen": ["wmB2"], "all": True})[0] == 400
    assert door.ask("POST", "/sim/confirm", {"msgid": free, **only})[1] == {"reached": 1}
    assert [row.external_userid for row in state.ledger(msgid=free)] == ["wmB2"]
    [task] = view("tasks", userid="wangfang", msgid=free)["tasks"]
    assert (task["state"], task["outcome"]) == ("sent", {"1": 1, "2": 0, "3": 0})


def test_a_task_put_aside_comes_back_with_a_reminder(state, api, send, door, view):
    msgid = send("wmA1")
    ignore = {"msgid": msgid, "userid": "wangfang"}
    assert door.ask("POST", "/sim/ignore", ignore)[1] == {"ignored": True}
    assert view("desk", userid="wangfang")["waiting"] == 0
    assert view("tasks", userid="wangfang")["tasks"][0]["state"] == "ignored"
    state.clock.advance(timedelta(minutes=5))
    api.post("externalcontact/remind_groupmsg_send", {"msgid": msgid})
    assert view("desk", userid="wangfang")["waiting"] == 1
    assert door.ask("POST", "/sim/confirm", {"msgid": msgid})[1]["reached"] == 1
    assert door.ask("POST", "/sim/ignore", ignore)[1]["field"] == "msgid"


def test_customers_of_a_staff_member_are_found_by_name_and_remark(state, view, act, taste):
    pair = {"userid": "wangfang", "external_userid": "wmA1"}
    act("remark", **pair, remark="雨姐 老客")
    act("tag", **pair, tag_id=taste.green)
    assert [row["tags"] for row in view("clients", userid="wangfang", q="雨姐")["clients"]] == [
        ["绿茶"]
    ]
    assert view("clients", userid="wangfang")["total"] == 2
    client = view("client", **pair)
    assert (client["remark"], client["state"]) == ("雨姐 老客", "counter")
    assert [tag["on"] for tag in client["tag_groups"][0]["tags"]] == [True, False]


def test_everything_that_can_be_scanned_is_there(state, api, view):
    chat = state.add_group("wrG1", "茶友会", owner="wangfang")
    way = {"type": 1, "scene": 2, "user": ["wangfang"], "state": "counter", "remark": "柜台"}
    api.post("externalcontact/add_contact_way", way)
    api.post("externalcontact/groupchat/add_join_way", {"scene": 2, "chat_id_list": [chat]})
    link = {"link_name": "抖音", "range": {"user_list": ["wangfang"]}}
    api.post("externalcontact/customer_acquisition/create_link", link)
    codes = view("codes")
    assert (codes["ways"][0]["remark"], codes["ways"][0]["staff"]) == ("柜台", ["王芳"])
    assert codes["joins"][0]["groups"] == ["茶友会"]
    assert codes["links"][0]["remark"] == "抖音"


def test_a_group_shows_its_broadcasts_and_what_people_write(state, api, view, act, door):
    state.add_group("wrG1", "茶友会", owner="wangfang", members=["wmA1"], notice="勿发广告")
    body = {"chat_type": "group", "sender": "wangfang", "text": {"content": "今晚茶会"}}
    api.post("externalcontact/add_msg_template", body)
    state.confirm()
    act("speak", chat_id="wrG1", author="wmA1", text="收到")
    group = view("chat", chat_id="wrG1")
    assert _texts(group) == ["今晚茶会", "收到"]
    assert [m["name"] for m in group["messages"][-2:]] == ["王芳", "小雨"]
    stranger = {"act": "speak", "chat_id": "wrG1", "author": "wmB2", "text": "在吗"}
    assert door.ask("POST", "/sim/act", stranger)[1]["field"] == "author"


def test_purchases_in_the_shop_and_payments_to_staff_are_listed(state, view, act):
    product = view("shop")["products"][0]
    act("order", external_userid="wmA1", product=product["name"], amount_fen=product["fen"])
    act("pay", userid="wangfang", external_userid="wmA1", amount_fen=9900)
    bought = view("orders", external_userid="wmA1")
    assert bought["count"] == 2
    assert {row["to"] for row in bought["orders"]} == {"", "王芳"}


def test_pictures_are_shown_and_nothing_else_is(state, api, door):
    picture = api.upload("media/upload", PNG, type="image")["media_id"]
    page = api.upload("media/upload", b"<script>alert(1)</script>", type="file")["media_id"]
    assert door.fetch("GET", f"/sim/picture?media_id={picture}") == (200, "image/png", PNG)
    assert door.ask("GET", f"/sim/picture?media_id={page}")[0] == 404
    assert door.ask("GET", "/sim/picture?media_id=../world.json")[1]["field"] == "media_id"


def test_the_page_is_served_at_the_root_with_its_parts_and_a_strict_policy(door):
    for path in ("/", "/sim", "/sim/"):
        status, page = door.ask("GET", path)
        assert status == 200
        assert "模拟企业微信" in page
        assert "made up" in page
    assert door.fetch("GET", "/sim/page/app.js")[:2] == (200, "text/javascript; charset=UTF-8")
    assert door.fetch("GET", "/sim/page/base.css")[1] == "text/css; charset=UTF-8"
    assert door.ask("GET", "/sim/page/../control.py")[0] == 404
    assert door.ask("GET", "/sim/page/nothing.js")[0] == 404
    door.connection.request("GET", "/")
    answer = door.connection.getresponse()
    answer.read()
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("customer", {"external_userid": "wmX"}, "external_userid"),
        ("chat", {"userid": "LiNa", "external_userid": "wmB2"}, "external_userid"),
        ("chat", {"chat_id": "wrX"}, "chat_id"),
        ("desk", {"userid": "ghost"}, "userid"),
    ],
)
def test_whoever_is_not_there_is_named(door, name, query, field):
    status, answer = door.ask("GET", f"/sim/phone/{name}?{urlencode(query)}")
    assert (status, answer["field"]) == (400, field)
