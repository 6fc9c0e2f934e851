"""A running simulator for tests: the pretend corp, its Python face and its address."""

from __future__ import annotations

from http.client import HTTPConnection
from urllib.parse import urlsplit

from scrm.simulator.corp import Corp
from scrm.simulator.server import Server


class SimulatedCorp:
    """One empty corp on a free port.

    `state` is the Python face (`scrm.simulator.corp.Corp`), `url` the root address without a
    slash at its end, `api` what `WECOM_BASE_URL` has to be.
    """

    def __init__(self) -> None:
        self.state = Corp()
        self._server = Server(self.state)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def api(self) -> str:
        return f"{self.url}/cgi-bin/"

    def hears_nobody(self) -> bool:
        """Whether every call that was ever sent is over, those of killed processes as well."""
        # Connections are taken in their order: once ours is, none from before is waiting.
        ours = HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        try:
            ours.request("GET", "/sim/clock")
            ours.getresponse().read()
            return self._server.open_connections == 1
        finally:
            ours.close()

    def start(self) -> SimulatedCorp:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()
