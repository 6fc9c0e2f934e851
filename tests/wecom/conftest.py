"""A transport with little patience, for servers that behave badly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scrm import wecom
from scrm.ratelimit.limits import Limit, Window
from scrm.ratelimit.store import client
from scrm.wecom.transport import Patience, Transport
from tests.simulator.client import Client
from tests.wecom.captured import OK, Replay, captured
from tests.wecom.rude import RudeServer

THOUSAND = (Window(60, 1000),)
START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
HASTY = Patience(connect=0.5, read=0.4, total=0.8, limits=0.2)


@pytest.fixture
def transport_to(settings):
    """Make a transport to an address; its limits and patience by keyword."""
    client().flushdb()

    def make(api, *, windows=THOUSAND, parallel=4, patience=HASTY, **overrides):
        values = {
            "corp_id": settings.WECOM_CORP_ID,
            "secret": settings.WECOM_SECRET,
            "base_url": api,
            "limit": Limit("wecom.api", windows=windows, parallel=parallel),
            "patience": patience,
            **overrides,
        }
        return Transport(**values)

    return make


@pytest.fixture
def rude():
    """Start a `RudeServer` with a behaviour of `tests.wecom.rude`."""
    servers = []

    def start(behave):
        servers.append(RudeServer(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def replay(rude, transport_to):
    """A `Replay` of the captured answer of this name; without one WeCom just says ok."""

    def start(name=""):
        return Replay(captured(name) if name else OK, rude, transport_to)

    return start


@pytest.fixture
def gateway(corp):
    """The gateway to the simulated corp."""
    return wecom.get_gateway()


@pytest.fixture
def shop(corp):
    """Two staff with the customer function, of whom Zhang Wei has two customers."""
    state = corp.state
    state.clock.set(START)
    state.add_department(2, "成都一店", 1)
    state.add_staff("zhangwei", "张伟", departments=(1, 2))
    state.add_staff("wangfang", "王芳", departments=(2,))
    for person, name in (("wm-xiaoyu", "小雨🌧"), ("wm-sunhao", "孙浩")):
        state.add_contact(person, name, unionid=f"union-{person}", gender=2)
        state.follow("zhangwei", person, at=START, add_way=3, state="counter")
    return state


@pytest.fixture
def corp_api(corp):
    """A logged-in raw client of the simulated corp: WeCom's answers before we read them."""
    return Client(corp.state).log_in()
