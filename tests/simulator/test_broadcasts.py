from datetime import timedelta

import pytest

from tests.simulator.shapes import assert_shape

ADD = "externalcontact/add_msg_template"
LIST = "externalcontact/get_groupmsg_list_v2"
TASK = "externalcontact/get_groupmsg_task"
RESULT = "externalcontact/get_groupmsg_send_result"
REMIND = "externalcontact/remind_groupmsg_send"
CANCEL = "externalcontact/cancel_groupmsg_send"
LINK = {"msgtype": "link", "link": {"title": "上新", "url": "https://mall.example.com/a"}}


def _result(api, msgid, userid="wangfang"):
    rows = api.post(RESULT, {"msgid": msgid, "userid": userid})["send_list"]
    return {row.get("external_userid") or row["chat_id"]: row["status"] for row in rows}


def _span(state):
    now = state.clock.timestamp()
    return {"start_time": now - 3600, "end_time": now + 60}


def test_answers_have_the_shape_of_the_real_ones(state, api, send):
    body = {"sender": "wangfang", "external_userid": ["wmA1", "wmX"], "attachments": [LINK]}
    answer = api.post(ADD, {**body, "text": {"content": "秋茶"}})
    assert_shape(answer, "add_msg_template")
    assert answer["fail_list"] == ["wmX"]
    msgid = answer["msgid"]
    assert_shape(api.post(LIST, {"chat_type": "single", **_span(state)}), "get_groupmsg_list_v2")
    assert_shape(api.post(TASK, {"msgid": msgid}), "get_groupmsg_task")
    state.confirm()
    assert_shape(api.post(TASK, {"msgid": msgid}), "get_groupmsg_task")
    result = api.post(RESULT, {"msgid": msgid, "userid": "wangfang"})
    assert_shape(result, "get_groupmsg_send_result_single")


def test_nothing_reaches_anybody_before_staff_confirm(state, api, send):
    msgid = send("wmA1", "wmB2")
    assert state.ledger() == []
    assert _result(api, msgid) == {"wmA1": 0, "wmB2": 0}
    assert state.confirm(msgid) == 2
    assert _result(api, msgid) == {"wmA1": 1, "wmB2": 1}
    assert {(row.msgid, row.external_userid, row.text) for row in state.ledger()} == {
        (msgid, "wmA1", "秋茶到店啦"),
        (msgid, "wmB2", "秋茶到店啦"),
    }


def test_confirming_twice_sends_once(state, send):
    send("wmA1")
    assert [state.confirm(), state.confirm()] == [1, 0]
    assert len(state.ledger()) == 1


def test_two_equal_calls_make_two_tasks(state, send):
    assert send("wmA1") != send("wmA1")
    assert state.confirm() == 2


def test_a_customer_named_twice_is_one_receiver(state, send):
    send("wmA1", "wmA1")
    assert state.tasks()[0].external_userids == ["wmA1"]


def test_nobody_to_send_to_is_an_error(api):
    body = {"sender": "LiNa", "external_userid": ["wmB2"], "text": {"content": "a"}}
    answer = api.post(ADD, body)
    assert_shape(answer, "add_msg_template_none")
    assert answer["errcode"] == 41048


def test_without_a_sender_the_one_who_talked_last_sends(state, api, send):
    send("wmA1", "wmB2", sender="")
    assert state.tasks()[0].targets == {"LiNa": ["wmA1"], "wangfang": ["wmB2"]}
    state.clock.advance(timedelta(hours=1))
    state.reply("wangfang", "wmA1")
    send("wmA1", sender="")
    assert state.tasks()[1].targets == {"wangfang": ["wmA1"]}


def test_a_sender_alone_means_all_of_their_customers(state, send):
    send()
    assert state.tasks()[0].external_userids == ["wmA1", "wmB2"]


def test_tags_choose_the_receivers(state, send, taste):
    state.mark("wangfang", "wmA1", taste.green)
    state.mark("wangfang", "wmB2", taste.green)
    state.mark("wangfang", "wmB2", taste.red)
    both = {"group_list": [{"tag_list": [taste.green]}, {"tag_list": [taste.red, "et-x"]}]}
    send(tag_filter=both)
    assert state.tasks()[0].external_userids == ["wmB2"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": {"content": "a"}}, 40058),
        ({"sender": "ghost", "text": {"content": "a"}}, 40003),
        ({"sender": "wangfang"}, 40058),
        ({"sender": "wangfang", "text": {"content": "茶" * 1334}}, 45002),
        ({"sender": "wangfang", "attachments": [LINK] * 10}, 41064),
        ({"sender": "wangfang", "attachments": [{"msgtype": "voice"}]}, 41065),
        ({"sender": "wangfang", "attachments": [{"msgtype": "link", "link": {}}]}, 40058),
        (
            {"sender": "wangfang", "attachments": [{"msgtype": "file", "file": {"media_id": "x"}}]},
            40007,
        ),
        (
            {"sender": "wangfang", "external_userid": ["x"] * 10_001, "text": {"content": "a"}},
            40058,
        ),
        ({"chat_type": "group", "text": {"content": "a"}}, 40058),
        ({"chat_type": "other", "text": {"content": "a"}}, 40058),
    ],
)
def test_bad_messages_are_refused(state, api, body, code):
    assert api.post(ADD, body)["errcode"] == code
    assert state.tasks() == []


def test_text_is_measured_in_bytes(api):
    body = {"sender": "wangfang", "text": {"content": "茶" * 1333}}
    assert api.post(ADD, body)["errcode"] == 0


def test_a_customer_who_left_meanwhile_is_not_reached(state, api, send):
    msgid = send("wmA1", "wmB2")
    state.unfollow_by_contact("wangfang", "wmB2")
    assert state.confirm() == 1
    assert _result(api, msgid) == {"wmA1": 1, "wmB2": 2}


@pytest.mark.parametrize(
    ("policy", "most", "span"),
    [("1_per_day", 1, 24), ("7_per_week", 7, 24 * 7), ("days_in_month", 30, 24 * 30)],
)
def test_the_quota_shows_only_in_the_results(state, api, send, policy, most, span):
    state.record("settings", quota_policy=policy)
    # 2026-06-01 00:00 in Beijing: a Monday and the first of a month of 30 days.
    state.clock.set(state.clock.now().replace(2026, 6, 1, 0, 0, 1))
    api.log_in()
    tasks = [send("wmA1") for _number in range(most + 1)]
    assert state.confirm() == most
    assert [_result(api, msgid)["wmA1"] for msgid in tasks] == [1] * most + [3]
    state.clock.advance(timedelta(hours=span))
    api.log_in()
    send("wmA1")
    assert state.confirm() == 1


def test_groups_have_their_own_quota_and_show_only_what_was_sent(state, api, send):
    state.record("settings", quota_policy="1_per_day")
    chat = state.add_group(owner="wangfang")
    other = state.add_group(owner="LiNa")
    body = {"chat_type": "group", "sender": "wangfang", "text": {"content": "周五茶会"}}
    answer = api.post(ADD, {**body, "chat_id_list": [chat, other]})
    assert answer["fail_list"] == [other]
    assert _result(api, answer["msgid"]) == {}
    assert state.confirm() == 1
    assert _result(api, answer["msgid"]) == {chat: 1}
    assert [row.chat_id for row in state.ledger(external_userid=chat)] == [chat]
    second = api.post(ADD, body)
    assert state.confirm() == 0
    assert _result(api, second["msgid"]) == {}


def test_results_are_asked_for_in_pages(state, api, send):
    msgid = send("wmA1", "wmB2")
    query = {"msgid": msgid, "userid": "wangfang", "limit": 1}
    first = api.post(RESULT, query)
    last = api.post(RESULT, {**query, "cursor": first["next_cursor"]})
    assert [row["external_userid"] for row in first["send_list"]] == ["wmA1"]
    assert [row["external_userid"] for row in last["send_list"]] == ["wmB2"]
    assert last["next_cursor"] == ""


def test_the_list_shows_the_newest_first_and_pages_hold_still(state, api, send):
    made = [send("wmA1") for _number in range(5)]
    query = {"chat_type": "single", "limit": 2, **_span(state)}
    found, cursor = [], ""
    while True:
        page = api.post(LIST, {**query, "cursor": cursor})
        found += [row["msgid"] for row in page["group_msg_list"]]
        cursor = page["next_cursor"]
        send("wmB2")
        if not cursor:
            break
    assert found == made[::-1]


def test_the_list_wants_a_span_of_a_month_at_most(state, api):
    now = state.clock.timestamp()
    query = {"chat_type": "single", "start_time": now - 32 * 86_400, "end_time": now}
    assert api.post(LIST, query)["errcode"] == 40058


def test_right_after_creation_there_is_no_result_yet(state, api, send):
    state.record("settings", dispatch_seconds=2, listing_seconds=5)
    msgid = send("wmA1")
    for path in (TASK, REMIND, CANCEL):
        assert api.post(path, {"msgid": msgid})["errcode"] == 41063
    assert api.post(LIST, {"chat_type": "single", **_span(state)})["group_msg_list"] == []
    state.clock.advance(timedelta(seconds=6))
    assert api.post(TASK, {"msgid": msgid})["errcode"] == 0
    assert len(api.post(LIST, {"chat_type": "single", **_span(state)})["group_msg_list"]) == 1


def test_staff_are_reminded_three_times_a_day_at_most(state, api, send):
    msgid = send("wmA1")
    codes = [api.post(REMIND, {"msgid": msgid})["errcode"] for _time in range(4)]
    assert codes == [0, 0, 0, 41094]
    state.clock.advance(timedelta(hours=25))
    assert api.log_in().post(REMIND, {"msgid": msgid})["errcode"] == 0


def test_a_cancelled_task_is_not_sent_any_more(state, api, send):
    msgid = send("wmA1", "wmB2")
    assert api.post(CANCEL, {"msgid": msgid})["errcode"] == 0
    assert api.post(CANCEL, {"msgid": msgid})["errcode"] == 41093
    assert api.post(REMIND, {"msgid": msgid})["errcode"] == 41093
    assert state.confirm() == 0
    assert state.ledger() == []


def test_tasks_must_be_named_rightly(api):
    assert api.post(TASK)["errcode"] == 41046
    assert api.post(TASK, {"msgid": "msg-none"})["errcode"] == 41047
