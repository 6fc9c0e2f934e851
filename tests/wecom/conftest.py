"""A transport with little patience, for servers that behave badly."""

from __future__ import annotations

import pytest

from scrm.ratelimit.limits import Limit, Window
from scrm.ratelimit.store import client
from scrm.wecom.transport import Patience, Transport
from tests.wecom.rude import RudeServer

THOUSAND = (Window(60, 1000),)
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
