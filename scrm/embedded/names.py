"""By which names a browser may ask this machine."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit


def own_names() -> tuple[str, ...]:
    """Loopback, the machine's name and its address in the network, and the host of
    `SCRM_PUBLIC_URL` when that is set. No name is looked up and no packet sent.
    """
    public = urlsplit(os.environ.get("SCRM_PUBLIC_URL", "").strip()).hostname
    names = ("localhost", "127.0.0.1", "[::1]", socket.gethostname().lower(), _address(), public)
    return tuple(dict.fromkeys(name for name in names if name))


def _address() -> str:
    """The address of the interface that leads outside; empty without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(
                ("192.0.2.1", 9)
            )  # set aside for documents; a datagram's connect is local
        except OSError:
            return ""
        return str(probe.getsockname()[0])
