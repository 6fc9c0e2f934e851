"""Messages of the app to staff; captured bodies."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scrm import wecom
from scrm.simulator.clock import BEIJING
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

HELLO = wecom.AppMessage.text("您有 3 条群发任务待确认")


def _write(corp_api, shop, text):
    body = {"touser": "zhangwei", "msgtype": "text", "text": {"content": text}}
    return corp_api.post("message/send", {**body, "agentid": shop.identity.agent_id})


def _read_by(shop, userid):
    return [m.content for m in shop.app_messages.values() if userid in m.delivered]


def test_a_message_reaches_staff_and_departments_once_each(gateway, shop):
    receipt = gateway.send_app_message(HELLO, userids=["ZhangWei", "Nobody"], department_ids=[2, 9])
    assert receipt.invalid_userids == ("nobody",)
    assert receipt.invalid_department_ids == (9,)
    [message] = shop.app_messages.values()
    assert sorted(message.delivered) == ["wangfang", "zhangwei"]


def test_a_message_to_all_reaches_all(gateway, shop):
    gateway.send_app_message(wecom.AppMessage.markdown("**昨日战报**"), to_all=True)
    assert _read_by(shop, "wangfang") == [{"content": "**昨日战报**"}]


def test_a_message_to_nobody_we_see_is_refused(gateway, shop):
    with pytest.raises(wecom.NotVisible) as nobody:
        gateway.send_app_message(HELLO, userids=["nobody"])
    assert nobody.value.code == 81013


def test_a_repeated_message_is_read_once(gateway, shop):
    for _time in range(2):
        gateway.send_app_message(HELLO, userids=["zhangwei"], once_within=timedelta(minutes=30))
    assert len(_read_by(shop, "zhangwei")) == 1
    shop.clock.advance(timedelta(minutes=31))
    gateway.send_app_message(HELLO, userids=["zhangwei"], once_within=timedelta(minutes=30))
    assert len(_read_by(shop, "zhangwei")) == 2


def test_more_than_thirty_a_minute_are_dropped_without_a_word(shop, corp_api):
    for number in range(32):
        assert _write(corp_api, shop, f"第{number}条")["errcode"] == 0
    assert len(_read_by(shop, "zhangwei")) == 30


def test_more_than_a_thousand_an_hour_are_dropped_without_a_word(shop, corp_api):
    shop.settings.app_messages_per_head = 10_000
    for minute in range(34):
        for number in range(30):
            _write(corp_api, shop, f"第{minute}-{number}条")
        shop.clock.advance(timedelta(seconds=61))
    assert len(_read_by(shop, "zhangwei")) == 1000


def test_an_app_writes_to_two_hundred_times_the_headcount_a_day(shop, corp_api):
    shop.settings.app_messages_per_head = 2
    shop.clock.set(datetime(2026, 6, 1, 23, 58, tzinfo=BEIJING))
    corp_api.log_in()
    codes = [_write(corp_api, shop, f"第{number}条")["errcode"] for number in range(5)]
    assert codes == [0, 0, 0, 0, 45009]
    shop.clock.advance(timedelta(minutes=3))
    assert _write(corp_api, shop, "新的一天")["errcode"] == 0


def test_a_message_of_another_app_is_a_wrong_setting(gateway, shop, settings):
    settings.WECOM_AGENT_ID = 1000099
    with pytest.raises(wecom.Misconfigured) as wrong:
        wecom.get_gateway().send_app_message(HELLO, userids=["zhangwei"])
    assert wrong.value.code == 40056


@pytest.mark.parametrize(
    "make",
    [
        lambda: wecom.AppMessage.news([{"title": "t", "url": "u"}] * 9),
        lambda: wecom.AppMessage.text("字" * 683),
        lambda: wecom.AppMessage.card(title="字" * 129, description="d", url="u"),
        lambda: wecom.AppMessage.card(title="t", description="d", url="u", button="五个字的词"),
    ],
)
def test_a_message_above_wecoms_maxima_is_the_callers_mistake(make):
    with pytest.raises(ValueError, match="WeCom takes"):
        make()


def test_articles_files_and_tags_of_staff_go_too(gateway, shop):
    article = {"title": "秋茶到店", "url": "https://mall.example.com/autumn"}
    picture = gateway.upload_media(kind="image", filename="a.png", content=b"a picture")
    gateway.send_app_message(wecom.AppMessage.news([article]), userids=["zhangwei"])
    made = gateway.send_app_message(
        wecom.AppMessage.media("image", picture.media_id), userids=["zhangwei"], tag_ids=[3]
    )
    assert made.invalid_tag_ids == (3,)
    read = [{"articles": [article]}, {"media_id": picture.media_id}]
    assert _read_by(shop, "zhangwei") == read
    with pytest.raises(ValueError, match="articles: none"):
        wecom.AppMessage.news([])


def test_an_interactive_card_can_be_changed_once_by_its_code(gateway, shop):
    card = wecom.AppMessage.template_card({"card_type": "vote_interaction", "task_id": "t-1"})
    assert gateway.send_app_message(card, userids=["zhangwei"]).response_code
    with pytest.raises(wecom.BadRequest):  # a task_id is used once
        gateway.send_app_message(card, userids=["zhangwei"])


def test_wecom_looks_back_four_hours_for_a_repetition(gateway):
    with pytest.raises(ValueError, match="4:00:00"):
        gateway.send_app_message(HELLO, userids=["a"], once_within=timedelta(hours=5))


def test_messages_are_sent_as_wecom_wants_them(replay):
    told = replay("14-message/send")
    text, card, markdown, template = (
        captured(f"14-message/send_{kind}_request")
        for kind in ("text", "textcard", "markdown", "template_card")
    )
    send = told.gateway.send_app_message
    receipt = send(
        wecom.AppMessage.text(text["text"]["content"]),
        userids=["wangfang", "liuyang"],
        department_ids=[5],
        once_within=timedelta(minutes=30),
    )
    assert (receipt.invalid_userids, receipt.unlicensed_userids) == (("liuyang",), ())
    assert told.path == "message/send"
    assert told.sent | {"agentid": 1000012} == {
        key: value for key, value in text.items() if key not in ("totag", "safe", "enable_id_trans")
    }
    body = card["textcard"]
    made = wecom.AppMessage.card(
        title=body["title"],
        description=body["description"],
        url=body["url"],
        button=body["btntxt"],
    )
    send(made, userids=["wangfang"])
    assert told.sent["textcard"] == body
    send(wecom.AppMessage.markdown(markdown["markdown"]["content"]), to_all=True)
    assert (told.sent["touser"], told.sent["markdown"]) == ("@all", markdown["markdown"])
    send(wecom.AppMessage.template_card(template["template_card"]), userids=["wangfang"])
    assert told.sent["template_card"] == template["template_card"]


def test_the_simulator_takes_and_answers_as_wecom_does(shop, corp_api):
    agent = {"agentid": shop.identity.agent_id}
    for kind in ("text", "textcard", "markdown", "template_card"):
        body = captured(f"14-message/send_{kind}_request") | agent
        answer = corp_api.post("message/send", body | {"touser": "zhangwei|gone"})
        assert_like(answer, captured("14-message/send"))
        assert answer["invaliduser"] == "gone"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"card_type": "text_notice"}, 40058),
        ({"card_type": "none"}, 40058),
        ({"card_type": "vote_interaction"}, 40058),
        ({"card_type": "text_notice", "card_action": {"type": 1}, "jump_list": [{}] * 4}, 40058),
        ({"card_type": "button_interaction", "task_id": "t1"}, 0),
    ],
)
def test_a_template_card_is_checked(shop, corp_api, card, code):
    body = {"touser": "zhangwei", "msgtype": "template_card", "template_card": card}
    answer = corp_api.post("message/send", {**body, "agentid": shop.identity.agent_id})
    assert answer["errcode"] == code
