import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest

from scrm.simulator import world
from scrm.simulator.corp import Corp
from scrm.simulator.journal import Journal, dump
from tests.simulator.client import Client
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


def _reopened(folder):
    corp = Corp()
    journal = Journal(folder, corp)
    changes = journal.open()
    journal.close()
    return corp, changes


def _same(one, other):
    return orjson.dumps(dump(one)) == orjson.dumps(dump(other))


@pytest.fixture
def kept(state, tmp_path):
    """The small corp, kept in a folder."""
    journal = Journal(tmp_path / "corp", state)
    journal.create({"contacts": 2})
    yield journal
    journal.close()


def _live(state, api, taste):
    """One of everything that can change a corp."""
    path = "externalcontact/add_msg_template"
    message = {"sender": "wangfang", "text": {"content": "秋茶"}}
    msgid = api.post(path, message)["msgid"]
    api.post("externalcontact/remind_groupmsg_send", {"msgid": msgid})
    state.confirm()
    cancelled = api.post(path, message)["msgid"]
    api.post("externalcontact/cancel_groupmsg_send", {"msgid": cancelled})
    who = {"userid": "wangfang", "external_userid": "wmA1"}
    api.post("externalcontact/mark_tag", {**who, "add_tag": [taste.green, taste.red]})
    api.post("externalcontact/remark", {**who, "remark": "老客"})
    api.post("externalcontact/edit_corp_tag", {"id": taste.red, "name": "正山小种"})
    api.post("externalcontact/del_corp_tag", {"tag_id": [taste.green]})
    api.upload("media/upload", b"picture", type="image")
    api.upload("media/uploadimg", b"picture")
    _channels(state, api)
    _handover(state, api)
    _library(state, api)
    state.add_contact("wmC3")
    code = state.follow("LiNa", "wmC3", welcome=True)
    text = {"welcome_code": code, "text": {"content": "您好"}}
    api.post("externalcontact/send_welcome_msg", text)
    state.reply("LiNa", "wmC3")
    chat = state.add_group(owner="wangfang", members=["wmA1"])
    state.join_group(chat, "wmB2")
    state.leave_group(chat, "wmA1")
    state.change_group(chat, name="新名", notice="公告")
    state.unfollow_by_contact("wangfang", "wmB2")
    state.follow("wangfang", "wmB2")
    state.refund(state.add_order("wmA1", amount_fen=1000), 300)
    state.remove_staff("LiNa")
    state.revoke_tokens()
    state.record("settings", quota_policy="1_per_day")
    state.clock.speed = 60
    state.clock.advance(timedelta(days=1))


def _handover(state, api):
    for person in ("wm-moved", "wm-refused"):
        state.follow("wangfang", state.add_contact(person))
    pair = {"handover_userid": "wangfang", "takeover_userid": "LiNa"}
    body = {**pair, "external_userid": ["wm-moved", "wm-refused"]}
    api.post("externalcontact/transfer_customer", body)
    state.refuse_transfer("LiNa", "wm-refused")
    state.clock.advance(timedelta(days=1))
    api.log_in()  # tokens do not live a day
    body = {"chat_id_list": [state.add_group(owner="wangfang")], "new_owner": "LiNa"}
    api.post("externalcontact/groupchat/onjob_transfer", body)


def _library(state, api):
    api.post("externalcontact/add_moment_task", {"text": {"content": "秋茶"}})
    [moment_id] = state.moments
    state.publish_moments(userid="wangfang")
    state.like_moment(moment_id, "wangfang", "wmA1")
    api.post("externalcontact/cancel_moment_task", {"moment_id": moment_id})
    template = "externalcontact/group_welcome_template"
    welcome = {"text": {"content": "欢迎"}}
    welcome["template_id"] = api.post(f"{template}/add", welcome)["template_id"]
    api.post(f"{template}/edit", welcome)
    rule = {"rule_name": "a", "word_list": ["转账"], "intercept_type": 2}
    rule["applicable_range"] = {"user_list": ["wangfang"]}
    rule_id = api.post("externalcontact/add_intercept_rule", rule)["rule_id"]
    api.post("externalcontact/del_intercept_rule", {"rule_id": rule_id})
    notice = {"touser": "wangfang", "msgtype": "text", "text": {"content": "a"}}
    api.post("message/send", {**notice, "agentid": state.identity.agent_id})
    api.get("auth/getuserinfo", code=state.sign_in("wangfang"))
    state.pay_back(state.pay("wangfang", "wmA1", total_fen=1000), 300)


def _channels(state, api):
    way = api.post(
        "externalcontact/add_contact_way", {"type": 2, "scene": 2, "user": ["wangfang"]}
    )["config_id"]
    api.post("externalcontact/update_contact_way", {"config_id": way, "state": "s"})
    state.scan_contact_way(way, state.add_contact())
    gone = api.post("externalcontact/add_contact_way", {"type": 1, "scene": 2, "user": ["LiNa"]})
    api.post("externalcontact/del_contact_way", {"config_id": gone["config_id"]})
    chat = state.add_group(owner="wangfang")
    join = {"scene": 2, "chat_id_list": [chat]}
    join["config_id"] = api.post("externalcontact/groupchat/add_join_way", join)["config_id"]
    api.post("externalcontact/groupchat/update_join_way", join)
    link = {"link_name": "a", "range": {"user_list": ["wangfang"]}}
    made = api.post("externalcontact/customer_acquisition/create_link", link)
    came = state.add_contact()
    state.buy_uses(5, days=14)
    state.use_link(made["link"]["link_id"], came, channel="ad")
    for _message in range(3):  # the third is told with a key
        state.reply("wangfang", came)
    session = {"type": 1, "scene": 2, "user": ["wangfang"], "is_temp": True}
    way = api.post("externalcontact/add_contact_way", session)["config_id"]
    state.scan_contact_way(way, "wmB2")
    api.post("externalcontact/close_temp_chat", {"userid": "wangfang", "external_userid": "wmB2"})
    body = {"strategy_id": state.add_strategy("西南区"), "group_name": "城市"}
    api.post("externalcontact/add_strategy_tag", {**body, "tag": [{"name": "成都"}]})
    identity = state.identity
    api.get("gettoken", corpid=identity.corp_id, corpsecret=identity.directory_secret)


def test_replaying_the_journal_brings_back_the_same_corp(state, api, taste, kept, tmp_path):
    _live(state, api, taste)
    back, changes = _reopened(tmp_path / "corp")
    assert changes > 25
    assert _same(state, back)
    assert back.ledger() == state.ledger()


def test_a_snapshot_takes_the_place_of_the_journal(state, api, taste, kept, tmp_path):
    _live(state, api, taste)
    kept.compact()
    state.add_contact("wmD4")
    back, changes = _reopened(tmp_path / "corp")
    assert changes == 1
    assert _same(state, back)
    assert len(list((tmp_path / "corp").glob("journal-*"))) == 1


def test_a_line_torn_by_a_kill_is_forgotten(state, kept, tmp_path):
    state.add_contact("wmC3")
    with kept.journal_path.open("ab") as file:
        file.write(b'["contact",{"external_userid":"wmD4"')
    back, changes = _reopened(tmp_path / "corp")
    assert changes == 1
    assert "wmC3" in back.contacts
    again, changes = _reopened(tmp_path / "corp")
    assert changes == 1
    assert _same(back, again)


def test_the_quota_is_remembered_over_a_restart(state, api, send, kept, tmp_path):
    state.record("settings", quota_policy="1_per_day")
    send("wmA1")
    state.confirm()
    kept.compact()
    back, _changes = _reopened(tmp_path / "corp")
    assert not back.quota_left("wmA1", back.clock.timestamp())


def test_a_file_is_still_there_after_a_restart(state, api, tmp_path):
    early = api.upload("media/upload", b"picture one", type="image")["media_id"]
    journal = Journal(tmp_path, state)
    journal.create({})
    late = api.upload("media/upload", b"picture two", type="image")["media_id"]
    journal.close()
    back, _changes = _reopened(tmp_path)
    assert [back.vault.get(media_id) for media_id in (early, late)] == [
        b"picture one",
        b"picture two",
    ]
    assert back.vault.get("3none") is None


def test_a_world_kept_before_there_were_codes_opens(state, tmp_path):
    journal = Journal(tmp_path, state)
    journal.create({})
    journal.close()
    saved = orjson.loads(journal.snapshot_path.read_bytes())
    for table in ("contact_ways", "moments", "transfers"):
        del saved[table]
    journal.snapshot_path.write_bytes(orjson.dumps(saved))
    assert _same(state, _reopened(tmp_path)[0])


def test_a_built_world_is_kept_whole(tmp_path):
    corp = Corp()
    world.build(corp, contacts=300, seed=5, today=date(2026, 6, 1))
    journal = Journal(tmp_path, corp)
    journal.create({"contacts": 300})
    journal.close()
    assert _same(corp, _reopened(tmp_path)[0])


class Program:
    """`python -m scrm.simulator` as its own process."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scrm.simulator", "--port", "0", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines = []
        while not self.lines or "Simulated WeCom at" not in self.lines[-1]:
            line = self.process.stdout.readline()
            assert line, self.lines
            self.lines.append(line)
        self.url = self.lines[-1].split()[3].removesuffix("/sim/")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method, data=body and json.dumps(body).encode()
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        return code


def test_an_accepted_task_survives_a_kill(tmp_path):
    arguments = ("--contacts", "50", "--seed", "2", "--state", str(tmp_path / "state"))
    program = Program(*arguments)
    identity = Corp().identity
    credentials = f"corpid={identity.corp_id}&corpsecret={identity.secret}"
    token = program.ask("GET", f"/cgi-bin/gettoken?{credentials}")["access_token"]
    before = program.ask("GET", "/sim/state")
    sender = program.ask("GET", "/sim/people")["staff"][0]["userid"]
    made = program.ask(
        "POST",
        f"/cgi-bin/externalcontact/add_msg_template?access_token={token}",
        {"sender": sender, "text": {"content": "a"}},
    )
    program.end()
    program = Program(*arguments)
    after = program.ask("GET", "/sim/state")
    tasks = program.ask("GET", "/sim/tasks?targets=1")["tasks"]
    reached = program.ask("POST", "/sim/confirm", {"msgid": made["msgid"]})["reached"]
    ledger = program.ask("GET", f"/sim/ledger?msgid={made['msgid']}")
    assert program.end(signal.SIGTERM) == 0
    assert [task["msgid"] for task in tasks] == [made["msgid"]]
    assert reached == ledger["count"] == len(tasks[0]["targets"][sender])
    assert {name: after[name] for name in ("contacts", "relations", "orders")} == {
        name: before[name] for name in ("contacts", "relations", "orders")
    }


def test_clients_from_before_a_kill_go_on_with_their_token(tmp_path):
    corp = Corp()
    journal = Journal(tmp_path, corp)
    journal.create({})
    token = Client(corp).log_in().token
    journal.close()
    client = Client(_reopened(tmp_path)[0])
    client.token = token
    assert client.get("getcallbackip")["errcode"] == 0


def test_people_live_only_once_the_product_hears_them():
    with socket.create_server(("127.0.0.1", 0)) as kept:
        port = kept.getsockname()[1]
    program = Program("--alive", "--callback-url", f"http://127.0.0.1:{port}/callback/")
    assert not program.ask("GET", "/sim/behaviour")["alive"]

    class Product(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(400)

        def log_message(self, *_words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Product) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        until(lambda: program.ask("GET", "/sim/behaviour")["alive"])
        server.shutdown()
    program.end()
