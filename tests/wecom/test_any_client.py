"""A client that none of us wrote works against the simulator: wechatpy's own, as it comes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import xmltodict
from wechatpy.enterprise import WeChatClient, WeChatCrypto
from wechatpy.exceptions import APILimitedException, WeChatClientException

from scrm.wecom import jssdk

START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
PAGE = "https://scrm.example.com/sidebar/?a=1"


@pytest.fixture
def client(corp, shop):
    """wechatpy's client of this corp; only the addresses it has hard-coded are ours."""

    class Client(WeChatClient):
        API_BASE_URL = corp.api

        def fetch_access_token(self):
            asked = {"corpid": self.corp_id, "corpsecret": self.secret}
            return self._fetch_access_token(url=f"{corp.api}gettoken", params=asked)

    identity = shop.identity
    return Client(identity.corp_id, identity.secret, auto_retry=False)


def test_departments_and_staff(client, shop):
    names = {part["id"]: part["name"] for part in client.department.get()}
    assert names[2] == "成都一店"
    assert client.user.get("zhangwei")["name"] == "张伟"
    people = client.user.list(2, fetch_child=True, status=0)
    assert {person["userid"] for person in people} == {"zhangwei", "wangfang"}
    assert {person["name"] for person in client.department.get_users(2)} == {"张伟", "王芳"}
    with pytest.raises(WeChatClientException) as unknown:
        client.user.get("nobody")
    assert unknown.value.errcode == 60111


def test_customers(client, shop):
    contacts = client.external_contact
    assert contacts.get_follow_user_list()["follow_user"] == ["zhangwei", "wangfang"]
    assert contacts.list("zhangwei")["external_userid"] == ["wm-xiaoyu", "wm-sunhao"]
    with pytest.raises(WeChatClientException) as nobody:
        contacts.list("wangfang")
    assert nobody.value.errcode == 84061
    found = contacts.get("wm-xiaoyu")
    assert found["external_contact"]["name"] == "小雨🌧"
    assert found["follow_user"][0]["state"] == "counter"
    batch = {"userid_list": ["zhangwei"], "limit": 100}
    pairs = client.post("externalcontact/batch/get_by_user", data=batch)["external_contact_list"]
    assert [pair["follow_info"]["userid"] for pair in pairs] == ["zhangwei", "zhangwei"]


def test_tags(client, shop):
    contacts = client.external_contact
    made = contacts.add_corp_tag(None, "口味", None, [{"name": "绿茶"}, {"name": "红茶"}])
    green, red = (tag["id"] for tag in made["tag_group"]["tag"])
    contacts.mark_tag("zhangwei", "wm-xiaoyu", add_tag=[green])
    tags = contacts.get("wm-xiaoyu")["follow_user"][0]["tags"]
    assert [(tag["tag_name"], tag["type"]) for tag in tags] == [("绿茶", 1)]
    contacts.edit_corp_tag(red, "老红茶", 1)
    listed = contacts.get_corp_tag_list([red])["tag_group"][0]["tag"]
    assert [tag["name"] for tag in listed] == ["老红茶"]
    contacts.del_corp_tag(tag_id=[green])
    assert contacts.get("wm-xiaoyu")["follow_user"][0]["tags"] == []


def test_groups(client, shop):
    chat_id = shop.add_group("wrG1", "茶友群", "zhangwei", ["wm-xiaoyu"])
    chats = client.external_contact_group_chat
    [listed] = chats.list(0, owner_userid_list=["zhangwei"])["group_chat_list"]
    assert listed == {"chat_id": chat_id, "status": 0}
    chat = chats.get(chat_id)["group_chat"]
    assert (chat["name"], chat["owner"], len(chat["member_list"])) == ("茶友群", "zhangwei", 2)


def test_a_broadcast_from_its_making_to_its_result(client, shop):
    task = {
        "chat_type": "single",
        "external_userid": ["wm-xiaoyu", "wm-stranger"],
        "sender": "zhangwei",
        "text": {"content": "秋茶到店啦🍵"},
    }
    made = client.external_contact.add_msg_template(task)
    assert made["fail_list"] == ["wm-stranger"]
    assert shop.confirm(made["msgid"]) == 1
    asked = {"msgid": made["msgid"], "userid": "zhangwei"}
    results = client.post("externalcontact/get_groupmsg_send_result", data=asked)["send_list"]
    assert [(result["external_userid"], result["status"]) for result in results] == [
        ("wm-xiaoyu", 1)
    ]


def test_a_welcome_works_once(client, shop):
    person = shop.add_contact(name="小满")
    code = shop.follow("wangfang", person, welcome=True)
    welcome = {"welcome_code": code, "text": {"content": "您好"}}
    client.external_contact.send_welcome_msg(welcome)
    with pytest.raises(WeChatClientException) as again:
        client.external_contact.send_welcome_msg(welcome)
    assert again.value.errcode == 41051


def test_files_go_and_come_back(client, corp, shop):
    uploaded = client.media.upload("image", ("秋茶.png", b"\x89PNG a picture"))
    assert uploaded["created_at"].isdigit()
    assert client.media.upload_img(("a.png", b"a picture"))["url"].startswith("https://")
    asked = {"access_token": client.access_token, "media_id": uploaded["media_id"]}
    answer = requests.get(f"{corp.api}media/get", asked, timeout=5)
    assert answer.content == b"\x89PNG a picture"


def test_messages_to_staff_and_their_chats(client, shop):
    agent = shop.identity.agent_id
    sent = client.message.send_text(agent, ["zhangwei", "Gone"], "您有 3 条群发任务待确认")
    assert sent["invaliduser"] == "gone"
    client.message.send_markdown(agent, "zhangwei", "**昨日战报**")
    client.message.send_text_card(agent, "zhangwei", "待办", "三条", "https://scrm.example.com")
    article = {"title": "秋茶", "description": "到店", "url": "https://x", "image": "https://x/a"}
    client.message.send_articles(agent, "zhangwei", [article])
    kinds = [message.msgtype for message in shop.app_messages.values()]
    assert kinds == ["text", "markdown", "textcard", "news"]
    chatid = client.appchat.create(name="活动群", user_list=["zhangwei", "wangfang"])["chatid"]
    client.appchat.update(chatid, name="复盘群")
    client.appchat.send_text(chatid, "晚上八点复盘")
    assert client.appchat.get(chatid)["name"] == "复盘群"


def test_who_opened_a_page(client, shop):
    visitor = client.oauth.get_user_info(shop.sign_in("zhangwei"))
    assert (visitor["UserId"], visitor["DeviceId"]) == ("zhangwei", "")
    outside = client.oauth.get_user_info(shop.sign_in(external_userid="wm-xiaoyu"))
    assert outside["OpenId"]
    code = shop.sign_in("wangfang")
    assert client.get("auth/getuserinfo", params={"code": code})["userid"] == "wangfang"
    with pytest.raises(WeChatClientException) as used:
        client.oauth.get_user_info(code)
    assert used.value.errcode == 42022


def test_tickets_and_signatures(client, shop):
    ticket = client.jsapi.get_jsapi_ticket()
    assert ticket != client.jsapi.get_agent_jsapi_ticket()
    theirs = client.jsapi.get_jsapi_signature("n0nce", ticket, 1791770400, PAGE)
    ours = jssdk.signature(ticket=ticket, nonce="n0nce", timestamp=1791770400, url=PAGE)
    assert theirs == ours


def test_errors_are_told_in_the_form_it_knows(client, shop):
    shop.settings.calls_per_minute = 1
    client.department.get()
    with pytest.raises(APILimitedException):
        client.department.get()
    shop.settings.calls_per_minute = 100
    shop.revoke_tokens()
    with pytest.raises(WeChatClientException) as refused:
        client.department.get()
    assert refused.value.errcode == 40014
    client.fetch_access_token()
    assert client.department.get()


def test_what_the_simulator_tells_it_can_open(shop):
    identity = shop.identity
    crypto = WeChatCrypto(identity.callback_token, identity.aes_key, identity.corp_id)
    opened, told = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self._query()
            echo = crypto.check_signature(*asked, self._value("echostr"))
            self._answer(echo if isinstance(echo, bytes) else echo.encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            opened.append(xmltodict.parse(crypto.decrypt_message(body, *self._query()))["xml"])
            self._answer(b"success")
            told.set()

        def _value(self, name):
            return parse_qs(urlsplit(self.path).query)[name][0]

        def _query(self):
            return [self._value(name) for name in ("msg_signature", "timestamp", "nonce")]

        def _answer(self, content):
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        shop.callbacks.url = f"http://127.0.0.1:{server.server_address[1]}/"
        assert shop.callbacks.verify(at=shop.clock.timestamp())
        shop.follow("wangfang", "wm-xiaoyu", state="门店", callback=True, welcome=True)
        assert told.wait(10)
        shop.callbacks.settle()
        server.shutdown()
        thread.join()
    [event] = opened
    assert (event["ChangeType"], event["State"]) == ("add_external_contact", "门店")
    assert event["WelcomeCode"]
