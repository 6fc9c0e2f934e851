"""Bodies as WeCom's documentation shows them, and a gateway that is answered with them."""

from __future__ import annotations

import json
from pathlib import Path

from scrm.wecom.gateway import Gateway
from tests.wecom import rude as behaviour

PAYLOADS = Path(__file__).with_name("payloads")
OK = {"errcode": 0, "errmsg": "ok"}


def captured(name):
    """The body `<section>/<file>`."""
    return json.loads((PAYLOADS / f"{name}.json").read_text())


class Replay:
    """A gateway that gets the same answer to every call, and what it sent."""

    def __init__(self, answer, rude, transport_to):
        self._server = rude(behaviour.say(answer))
        self.gateway = Gateway(transport_to(self._server.api))

    @property
    def path(self):
        """The API called last, without its query."""
        return self._server.requests[-1].split()[1].partition("?")[0].removeprefix("/cgi-bin/")

    @property
    def query(self):
        return self._server.requests[-1].split()[1].partition("?")[2]

    @property
    def sent(self):
        """The body sent last."""
        return json.loads(self._server.bodies[-1])
