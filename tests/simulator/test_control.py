import csv
import io

import pytest


def test_the_state_tells_the_numbers_a_sync_would_find(state, door):
    state.add_contact("wmC3")
    state.follow("LiNa", "wmC3")
    state.unfollow_by_contact("LiNa", "wmC3")
    status, numbers = door.ask("GET", "/sim/state")
    assert status == 200
    picked = ("staff", "persons", "contacts", "relations", "ended_relations")
    assert [numbers[name] for name in picked] == [2, 3, 2, 3, 1]


def test_staff_confirm_and_the_ledger_shows_it(state, send, door):
    msgid = send("wmA1", "wmB2")
    assert door.ask("GET", "/sim/tasks")[1]["tasks"][0]["waiting"] == ["wangfang"]
    assert door.ask("POST", "/sim/confirm", {"msgid": msgid, "userid": "LiNa"})[1]["reached"] == 0
    assert door.ask("POST", "/sim/confirm", {"all": True})[1]["reached"] == 2
    ledger = door.ask("GET", "/sim/ledger?external_userid=wmB2")[1]
    assert [row["msgid"] for row in ledger["deliveries"]] == [msgid]
    assert ledger["deliveries"][0]["at"].endswith("+08:00")


def test_every_act_can_be_done_by_name_or_by_anybody(state, door, taste):
    state.add_group("wrG1", owner="wangfang", members=["wmA1"])
    acts = [
        {"act": "add", "userid": "LiNa", "external_userid": "wmB2", "state": "poster"},
        {"act": "add"},
        {"act": "join", "chat_id": "wrG1", "external_userid": "wmB2"},
        {"act": "leave"},
        {"act": "order", "external_userid": "wmA1", "amount_fen": 1234},
        {"act": "order"},
        {"act": "reply"},
        {"act": "tag", "external_userid": "wmA1", "tag_id": taste.green},
        {"act": "untag", "external_userid": "wmA1", "tag_id": taste.green, "userid": "LiNa"},
        {"act": "remark", "external_userid": "wmA1", "remark": "老客"},
        {"act": "delete", "external_userid": "wmB2", "by": "staff", "userid": "wangfang"},
        {"act": "delete"},
    ]
    for act in acts:
        status, answer = door.ask("POST", "/sim/act", act)
        assert status == 200, answer
    order_id = state.orders[0].order_id
    door.ask("POST", "/sim/act", {"act": "refund", "order_id": order_id})
    assert state.orders[0].refunded_fen == state.orders[0].amount_fen == 1234


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("act", {"act": "dance"}, "act"),
        ("act", {"act": "add", "usrid": "LiNa"}, "usrid"),
        ("act", {"act": "add", "userid": "ghost"}, "userid"),
        ("act", {"act": "add", "userid": "LiNa", "external_userid": "wmX"}, "external_userid"),
        ("act", {"act": "add", "userid": "LiNa", "external_userid": "wmA1"}, "external_userid"),
        ("act", {"act": "order", "amount_fen": "much"}, "amount_fen"),
        ("act", {"act": "delete", "by": "magic"}, "by"),
        ("act", {}, "act"),
        ("confirm", {}, "all"),
        ("confirm", {"msgid": "none"}, "msgid"),
        ("clock", {"speed": -1}, "speed"),
        ("clock", {"set": "tomorrow"}, "set"),
        ("clock", {"advance_seconds": -5}, "advance_seconds"),
        ("faults", {"kind": "explode"}, "kind"),
        ("faults", {"kind": "http", "count": 0}, "count"),
        ("callbacks", {"mode": "loud"}, "mode"),
        ("callbacks", {"parallel": 0}, "parallel"),
        ("settings", {"quota_policy": "none"}, "quota_policy"),
        ("settings", {"calls_per_minute": -1}, "calls_per_minute"),
        ("settings", {"colour": 1}, "colour"),
        ("settings", b"{broken", "body"),
        ("settings", b"[]", "body"),
    ],
)
def test_bad_control_input_names_the_field(door, path, body, field):
    status, answer = door.ask("POST", f"/sim/{path}", body)
    assert (status, answer["field"]) == (400, field), answer


def test_paths_and_methods_that_are_not_there(door):
    assert door.ask("GET", "/sim/nothing")[0] == 404
    assert door.ask("DELETE", "/sim/state")[0] == 405
    assert door.ask("GET", "/elsewhere")[0] == 404


def test_the_clock_can_be_set_jumped_and_sped_up(state, door):
    door.ask("POST", "/sim/clock", {"set": "2026-06-01T10:00:00", "speed": 0})
    answer = door.ask("POST", "/sim/clock", {"advance_seconds": 90})[1]
    assert answer == {"now": "2026-06-01T10:01:30+08:00", "speed": 0.0}


def test_faults_settings_tokens_and_calls_are_at_hand(state, api, door):
    path = "externalcontact/get_follow_user_list"
    fault = {"path": path, "kind": "errcode", "value": 45009, "count": 1}
    assert door.ask("POST", "/sim/faults", fault)[1]["faults"][0]["value"] == 45009
    assert api.get(path)["errcode"] == 45009
    door.ask("POST", "/sim/faults", {**fault, "count": None})
    assert door.ask("GET", "/sim/faults")[1]["faults"][0]["count"] is None
    assert door.ask("DELETE", "/sim/faults")[1] == {"faults": [], "struck": 1}
    assert door.ask("POST", "/sim/settings", {"calls_per_minute": 2})[1]["calls_per_minute"] == 2
    assert door.ask("GET", "/sim/calls")[1]["refusals"] == {path: {"45009": 1}}
    assert door.ask("DELETE", "/sim/calls")[1]["total"] == 0
    assert door.ask("POST", "/sim/tokens/revoke", {})[1] == {"revoked": 1}
    assert api.get(path)["errcode"] == 40014


def test_callbacks_can_be_held_and_released(state, door):
    door.ask("POST", "/sim/callbacks", {"url": "http://127.0.0.1:9/", "mode": "hold"})
    state.callbacks.retry_pause = 0
    state.unfollow_by_contact("wangfang", "wmA1", callback=True)
    assert door.ask("GET", "/sim/callbacks")[1]["held"] == 1
    answer = door.ask("POST", "/sim/callbacks", {"release": True, "settle": 10})[1]
    assert (answer["released"], answer["settled"], answer["failed"]) == (1, True, 1)


def test_the_shop_exports_its_orders(state, door):
    state.add_order("wmA1", amount_fen=12345, product="明前龙井", at=state.clock.now())
    state.refund(state.orders[0].order_id, 45)
    _status, text = door.ask("GET", "/sim/orders.csv")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["unionid"], row["phone"], row["amount"]) == ("oz1", "13800001001", "123.45")
    assert (row["product"], row["quantity"], row["refunded"]) == ("明前龙井", "1", "0.45")
    later = state.clock.timestamp() + 1
    assert door.ask("GET", f"/sim/orders.csv?since={later}")[1].count("\n") == 1


def test_one_customer_can_be_looked_at(state, send, door):
    state.add_group("wrG1", owner="wangfang", members=["wmA1"])
    state.add_order("wmA1", amount_fen=100)
    send("wmA1")
    state.confirm()
    person = door.ask("GET", "/sim/contact?external_userid=wmA1")[1]
    assert person["groups"] == ["wrG1"]
    assert len(person["follows"]) == 2
    assert (len(person["orders"]), len(person["messages"])) == (1, 1)
    assert door.ask("GET", "/sim/contact")[1]["field"] == "external_userid"


def test_the_page_says_that_it_is_a_simulated_world(door):
    for path in ("/sim", "/sim/"):
        status, page = door.ask("GET", path)
        assert status == 200
        assert "模拟企业微信" in page
        assert "made up" in page


def test_people_use_what_apps_made(state, api, door):
    way = {"type": 1, "scene": 2, "user": ["wangfang"], "state": "counter"}
    way = api.post("externalcontact/add_contact_way", way)["config_id"]
    chat = state.add_group(owner="wangfang")
    join = {"scene": 2, "chat_id_list": [chat]}
    join = api.post("externalcontact/groupchat/add_join_way", join)["config_id"]
    link = {"link_name": "a", "range": {"user_list": ["wangfang"]}}
    link = api.post("externalcontact/customer_acquisition/create_link", link)["link"]["link_id"]
    pair = {"handover_userid": "wangfang", "takeover_userid": "LiNa", "external_userid": ["wmB2"]}
    api.post("externalcontact/transfer_customer", pair)
    moment = state.post_moment("wangfang", "秋茶")
    met = door.ask("POST", "/sim/act", {"act": "scan", "config_id": way})[1]
    assert state.active_follow("wangfang", met["external_userid"]).state == "counter"
    paid = door.ask("POST", "/sim/act", {"act": "pay", "external_userid": "wmA1"})[1]
    back = {"act": "pay", "out_trade_no": paid["out_trade_no"], "amount_fen": 100}
    like = {"act": "like", "moment_id": moment, "userid": "wangfang", "external_userid": "wmA1"}
    for act in (
        {"act": "scan", "config_id": join, "external_userid": "wmA1"},
        {"act": "link", "link_id": link, "channel": "ad"},
        {"act": "refuse", "userid": "LiNa", "external_userid": "wmB2"},
        like,
        like | {"comment": True},
        back,
    ):
        status, answer = door.ask("POST", "/sim/act", act)
        assert status == 200, answer
    assert "wmA1" in state.chats[chat].members
    assert door.ask("GET", "/sim/moments")[1]["moments"][0]["likes"] == 1


def test_staff_publish_and_read_and_sign_in(state, api, door):
    api.post("externalcontact/add_moment_task", {"text": {"content": "秋茶"}})
    assert door.ask("POST", "/sim/publish", {})[0] == 400
    assert door.ask("POST", "/sim/publish", {"moment_id": "none"})[0] == 400
    assert door.ask("POST", "/sim/publish", {"all": True})[1]["reached"] == 3
    notice = {"touser": "wangfang", "msgtype": "text", "text": {"content": "看"}}
    api.post("message/send", {**notice, "agentid": state.identity.agent_id})
    [read] = door.ask("GET", "/sim/app_messages?userid=wangfang")[1]["messages"]
    assert read["content"] == {"content": "看"}
    assert door.ask("GET", "/sim/app_messages?userid=LiNa")[1]["messages"] == []
    code = door.ask("POST", "/sim/sign_in", {"userid": "lina"})[1]["code"]
    assert api.get("auth/getuserinfo", code=code)["userid"] == "LiNa"
