"""Every captured body about people, tags, groups, codes and handovers, replayed: the simulator
answers with at least its fields, and takes its requests; the gateway reads it.
"""

from __future__ import annotations

import pytest

from scrm.wecom.gateway import Gateway
from tests.simulator.client import Client
from tests.simulator.shapes import assert_covers
from tests.wecom import sample_world as w
from tests.wecom.captured import PAYLOADS, captured
from tests.wecom.rude import answer
from tests.wecom.samples_asked import ASKED, ASKED_OF_CORP, CODES, EXT, REQUESTS
from tests.wecom.samples_read import FIRST_PAGES, READ

SECTIONS = (
    "02-directory",
    "03-customer",
    "04-tag",
    "05-groupchat",
    "06-contactway",
    "10-statistics",
    "11-transfer",
)


@pytest.fixture
def pages(rude, transport_to):
    """A gateway that is answered with these bodies, one after the other."""

    def start(*names):
        bodies = [captured(name) for name in names]
        server = rude(lambda _server, connection: connection.sendall(answer(bodies.pop(0))))
        return Gateway(transport_to(server.api))

    return start


@pytest.fixture
def tea(corp):
    return w.build(corp.state)


@pytest.fixture
def api(tea):
    return Client(tea).log_in()


def test_every_body_has_its_place_here():
    there = {
        f"{section}/{path.stem}"
        for section in SECTIONS
        for path in (PAYLOADS / section).glob("*.json")
    }
    assert there == {*ASKED, *ASKED_OF_CORP, *REQUESTS}
    assert there - set(REQUESTS) == set(READ) | FIRST_PAGES


@pytest.mark.parametrize("name", [*ASKED, *ASKED_OF_CORP])
def test_the_simulator_answers_with_every_field_of_the_real_one(tea, api, name):
    _prepare(tea, api, name)
    if name in ASKED_OF_CORP:
        answer = api.post(*ASKED_OF_CORP[name](tea))
    else:
        method, path, asked = ASKED[name]
        answer = api.get(path, **asked) if method == "GET" else api.post(path, asked)
    sample = captured(name)
    assert answer["errcode"] == sample["errcode"], answer
    assert_covers(answer, sample, name)


def _prepare(tea, api, name):
    tea.record("settings", is_old_app=name.endswith("user_get_full"))
    if "list_id" in name:
        identity = tea.identity
        asked = {"corpid": identity.corp_id, "corpsecret": identity.directory_secret}
        api.token = api.get("gettoken", **asked)["access_token"]
    if name.endswith("get_paged_page1"):
        tea.record("settings", followers_per_page=2)
    if name.endswith("list_no_customer"):
        tea.add_staff("newcomer")
    if "statistic" in name:
        tea.reply("wangfang", w.RAIN, at=tea.clock.now() - w.DAY)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_simulator_takes_what_the_real_one_takes(tea, api, name):
    body = captured(name)
    if name == "04-tag/add_corp_tag_request":  # the group of this name is there already
        tea.record("tag_delete", tag_ids=[], group_ids=["etTTG8Wn0fbxozbwOpjgHDWO1WCjqPhE"])
    if name == CODES + "update_contact_way_request":
        body |= {"user": ["wangfang", "lina"]}  # chenjie has left
    if name == CODES + "close_temp_chat_request":
        session = captured(CODES + "add_contact_way_temp_request") | {"unionid": ""}
        way = api.post(f"{EXT}/add_contact_way", session)["config_id"]
        tea.scan_contact_way(way, body["external_userid"])
    answer = api.post(REQUESTS[name], body)
    assert answer["errcode"] == 0, answer


@pytest.mark.parametrize("name", READ)
def test_the_gateway_reads_what_the_real_one_answers(replay, name):
    found, wanted = READ[name](replay(name).gateway)
    assert found == wanted


def test_the_gateway_follows_cursors_to_the_last_page(pages):
    gateway = pages("02-directory/user_list_id_page1", "02-directory/user_list_id_last")
    found = [place.userid for place in gateway.staff_places()]
    assert found == ["zhangwei", "wangfang", "wangfang", "liuyang"]
    gateway = pages("03-customer/get_paged_page1", "03-customer/get_wecom_user")
    detail = gateway.contact("x")
    assert (detail.contact.name, len(detail.follows)) == ("小雨🌧", 3)
