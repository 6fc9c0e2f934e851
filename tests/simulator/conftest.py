"""A small corp in process: Wang Fang and Li Na, Xiaoyu and Sun Hao, a tag group, a group chat."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from scrm.simulator.corp import Corp
from scrm.simulator.server import Server
from tests.simulator.client import Client
from tests.simulator.door import Door
from tests.simulator.receiver import Receiver


@pytest.fixture
def state():
    """The corp's Python face."""
    corp = Corp()
    corp.add_department(2, "直营零售部")
    corp.add_department(5, "春熙路店", 2)
    corp.add_staff("wangfang", "王芳", (5, 2), position="店长")
    corp.add_staff("LiNa", "李娜", (2,))
    corp.add_contact("wmA1", "小雨", unionid="oz1", gender=2, phone="13800001001")
    corp.add_contact("wmB2", "孙浩", unionid="oz2", phone="13800001002")
    corp.follow("wangfang", "wmA1", state="counter")
    corp.follow("wangfang", "wmB2")
    corp.follow("LiNa", "wmA1", add_way=10)
    yield corp
    corp.callbacks.stop()


@pytest.fixture
def api(state):
    """A logged-in client."""
    return Client(state).log_in()


@pytest.fixture
def taste(state):
    """A tag group: its id, and the ids of green and red."""
    group = state.add_tag_group("口味偏好", ["绿茶", "红茶"], by_app=True)
    return SimpleNamespace(
        group=group.group_id, green=group.tag_id("绿茶"), red=group.tag_id("红茶")
    )


@pytest.fixture
def send(api):
    """Make a broadcast task of Wang Fang; returns its msgid."""

    def make(*receivers, sender="wangfang", text="秋茶到店啦", **more):
        body = {"sender": sender, "text": {"content": text}, **more}
        if receivers:
            body["external_userid"] = list(receivers)
        return api.post("externalcontact/add_msg_template", body)["msgid"]

    return make


@pytest.fixture
def door(state):
    """The control API of this corp over HTTP."""
    with Server(state) as server:
        made = Door(server.port)
        yield made
        made.connection.close()


@pytest.fixture
def receiver(state):
    """A product that takes this corp's events."""
    made = Receiver(state.identity)
    state.callbacks.url = made.url
    state.callbacks.retry_pause = 0
    yield made
    made.stop()
