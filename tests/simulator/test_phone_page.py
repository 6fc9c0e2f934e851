"""The story on both phones, in a browser, as somebody who shows the product plays it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from scrm.simulator.server import Server
from tests.simulator.client import Client

ADD, WELCOME = "externalcontact/add_msg_template", "externalcontact/send_welcome_msg"
LINK = {"msgtype": "link", "link": {"title": "新客首单立减", "url": "https://mall.example.com/n"}}
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def shop(state):
    """The corp with a channel code, on a port."""
    way = {"type": 1, "scene": 2, "user": ["LiNa"], "state": "counter", "remark": "春熙路柜台"}
    Client(state).log_in().post("externalcontact/add_contact_way", way)
    with Server(state) as server:
        yield server


@pytest.fixture
def phone(page, shop):
    """The page, with shortcuts for pressing what has a key and reading the screen."""

    class Phone:
        def press(self, key):
            page.locator(f'[data-key="{key}"]').first.click()

        def sees(self, text):
            expect(page.locator("#screen")).to_contain_text(text, timeout=5000)

        def choose(self, text):
            page.locator(f"#screen >> text={text}").first.click()

        def agree(self):
            page.locator("#dialog .choices button").last.click()

    page.goto(f"{shop.url}/")
    yield Phone()
    # It would go on asking for news of a server that has ended.
    page.goto("about:blank")


def _answer_welcomes(state, api):
    """What the product's worker does on the event: spend the welcome code."""
    for code in [welcome.code for welcome in state.welcomes.values() if not welcome.sent_at]:
        sent = {
            "welcome_code": code,
            "text": {"content": "欢迎来到云岭茶业"},
            "attachments": [LINK],
        }
        assert api.post(WELCOME, sent)["errcode"] == 0


def test_a_customer_adds_reads_answers_and_leaves(state, api, page, phone):
    phone.press("new")
    page.fill("#dialog input", "阿茶")
    phone.agree()
    phone.sees("还没有会话")
    phone.press("scan")
    phone.choose("春熙路柜台")
    page.get_by_label("打招呼").fill("在门店看到的")
    phone.press("meet")
    phone.sees("在门店看到的")
    expect(page.locator(".typing")).to_be_visible()
    _answer_welcomes(state, api)
    phone.sees("欢迎来到云岭茶业")
    phone.sees("新客首单立减")
    [follow] = [f for f in state.follows["LiNa"].values() if f.state == "counter"]

    body = {"sender": "LiNa", "external_userid": [follow.external_userid]}
    api.post(ADD, {**body, "text": {"content": f"秋茶到店啦 {EVIL}"}})
    phone.press("staff")
    phone.press("LiNa")
    phone.press("assistant")
    phone.choose("秋茶到店啦")
    phone.press("send")
    phone.agree()
    phone.sees("送达 1")

    phone.press("customer")
    phone.press("LiNa")
    phone.sees(f"秋茶到店啦 {EVIL}")
    page.get_by_label("说点什么").fill("给我留两盒")
    page.keyboard.press("Enter")
    phone.sees("给我留两盒")
    assert [reply.text for reply in state.replies] == ["给我留两盒"]
    phone.press("more")
    phone.press("delete")
    phone.agree()
    phone.sees("客户删除了这位联系人")
    assert state.active_follow("LiNa", follow.external_userid) is None


def test_staff_choose_ignore_and_look_after_a_customer(state, api, page, phone, taste):
    body = {"sender": "wangfang", "allow_select": True}
    api.post(ADD, {**body, "text": {"content": "老白茶八折"}})
    api.post(ADD, {**body, "text": {"content": "积分换茶具"}})
    phone.press("staff")
    phone.press("wangfang")
    phone.press("tab-assistant")
    phone.choose("老白茶八折")
    phone.press("choose")
    phone.press("wmB2")
    phone.press("send")
    phone.agree()
    phone.sees("送达 1")
    assert [row.external_userid for row in state.ledger()] == ["wmB2"]
    phone.press("back")
    phone.choose("积分换茶具")
    phone.press("ignore")
    phone.sees("已忽略")
    phone.press("tab-clients")
    page.get_by_label("搜索").fill("小雨")
    phone.press("wmA1")
    phone.press(taste.green)
    expect(page.locator(f'[data-key="{taste.green}"]')).to_have_attribute("aria-pressed", "true")
    phone.press("remark")
    page.fill("#dialog input", "雨姐")
    phone.agree()
    phone.sees("雨姐")
    follow = state.active_follow("wangfang", "wmA1")
    assert (follow.remark, follow.tag_ids) == ("雨姐", [taste.green])
    phone.press("delete")
    phone.agree()
    phone.sees("客户（1）")
    assert state.active_follow("wangfang", "wmA1") is None


def test_the_clock_the_callbacks_and_the_faults_are_at_hand(state, page, phone, receiver):
    before = state.clock.timestamp()
    phone.press("jump-day")
    expect(page.locator("#toast")).to_contain_text("时间已推进")
    assert state.clock.timestamp() >= before + 86_400
    phone.press("speed-60")
    expect(page.locator('[data-key="speed-60"]')).to_have_attribute("aria-pressed", "true")
    assert state.clock.speed == 60
    state.unfollow_by_contact("wangfang", "wmB2", callback=True)
    expect(page.locator("#panel .letters")).to_contain_text("客户删除员工", timeout=5000)
    expect(page.locator("#panel .mark.delivered")).to_be_visible(timeout=5000)
    phone.press("drop-answer")
    expect(page.locator("#panel .trouble")).to_contain_text("drop_after")
    phone.press("clear")
    expect(page.locator("#panel")).to_contain_text("没有注入故障")
    assert state.faults.list() == []


def test_the_page_speaks_english_fits_a_phone_and_comes_back_after_a_reload(state, page, phone):
    page.set_viewport_size({"width": 390, "height": 844})
    phone.choose("小雨")
    phone.sees("王芳")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#panel")).to_be_hidden()
    phone.press("menu")
    expect(page.locator("#panel")).to_be_visible()
    phone.press("menu")
    phone.press("language")
    phone.sees("Discover")
    page.reload()
    phone.sees("Discover")
    phone.sees("王芳")


def test_a_chat_does_not_flicker_or_lose_what_one_types(state, page, phone):
    state.reply("wangfang", "wmA1", "第一句")
    phone.choose("小雨")
    phone.press("wangfang")
    phone.sees("第一句")
    field = page.get_by_label("说点什么")
    field.fill("写到一半")
    page.evaluate("document.querySelector('.message').dataset.same = 'yes'")
    with page.expect_response("**/sim/phone/chat**"):
        pass
    assert page.locator(".message[data-same=yes]").count() == 1
    state.say("wangfang", "wmA1", "第二句")
    phone.sees("第二句")
    expect(field).to_have_value("写到一半")
    expect(field).to_be_focused()
