"""placeholder"""

from __future__ import annotations

from scrm.simulator.corp import Corp


class Control:
    def __init__(self, corp: Corp) -> None:
        self.corp = corp

    def handle(self, method, path, query, body):
        return 200, {}, [b"{}"]
