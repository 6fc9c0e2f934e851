"""HTTP connections that know whether the other side has seen anything, and that end in time.

The HTTP library's time-outs bound single waits, not a call: an answer that drips a byte every
nine seconds would last for ever. Its errors do not tell a connection that was never made from one
that broke, either. So each call carries a `Call`, which its connection tells of both.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_current = threading.local()


class Call:
    """One HTTP exchange that must be over after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.is_connected = False
        self.is_aborted = False
        self._deadline = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._is_over = False

    @property
    def left(self) -> float:
        return self._deadline - time.monotonic()

    def arm(self, connected: socket.socket) -> None:
        """From here on the other side may see something. Raises TimeoutError when out of time."""
        if self.left <= 0:
            raise TimeoutError("out of time before anything was sent")
        connected.settimeout(self.left)
        with self._lock:
            self._socket = connected
            self.is_connected = True

    def abort(self) -> None:
        """Cut the connection: whoever waits on it wakes up with an error."""
        with self._lock:
            self.is_aborted = not self._is_over
            if self.is_aborted and self._socket is not None:
                with suppress(OSError):
                    # The plain socket's own method, also for TLS, where it is safe from here.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def finish(self) -> None:
        with self._lock:
            self._is_over = True


@contextmanager
def call_within(seconds: float) -> Iterator[Call]:
    """Bound the HTTP exchange made in the block by this thread."""
    call = Call(seconds)
    watchdog = threading.Timer(seconds, call.abort)
    watchdog.daemon = True
    _current.call = call
    watchdog.start()
    try:
        yield call
    finally:
        call.finish()
        watchdog.cancel()
        _current.call = None


class _Watched:
    """Tells the running `Call` when the connection stands, be it new or kept open."""

    sock: socket.socket | None

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._arm()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._arm()
        super().request(*args, **kwargs)  # type: ignore[misc]

    def _arm(self) -> None:
        call: Call | None = getattr(_current, "call", None)
        if call is not None and self.sock is not None:
            call.arm(self.sock)


class _WatchedHTTP(_Watched, HTTPConnection):
    pass


class _WatchedHTTPS(_Watched, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class WatchedAdapter(HTTPAdapter):
    """A `requests` adapter whose connections, direct or by proxy, obey `call_within`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
