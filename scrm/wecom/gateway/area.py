"""What every area of the gateway stands on."""

from __future__ import annotations

from scrm.wecom.transport import Transport


class Area:
    """Methods over one transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
