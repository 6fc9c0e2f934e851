"""A running simulator for tests: the pretend corp, its Python face and its address."""

from __future__ import annotations

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

    def start(self) -> SimulatedCorp:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()
