"""Fetching a file from an address, piece by piece, as WeCom does for an upload by URL.

Only from this machine: nothing of the pretend corp ever leaves it.
"""

from __future__ import annotations

import http.client
from urllib.parse import quote, urlsplit

_PIECE_BYTES = 8 * 1024 * 1024
_SECONDS = 10.0
_PLAIN = "/%:?#[]@!$&'()*+,;=~"  # what stays as it is in an address
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class NotFetched(Exception):
    """The file could not be had; `too_big`: because it is larger than allowed."""

    def __init__(self, words: str, *, too_big: bool = False) -> None:
        super().__init__(words)
        self.too_big = too_big


def fetch(url: str, *, most_bytes: int) -> bytes:
    """The whole file. Raises NotFetched, also for a server that does not know Range."""
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or address.hostname not in _HERE:
        raise NotFetched("only http on this machine")
    content = bytearray()
    size = 1
    while len(content) < size:
        piece, size = _piece(url, len(content))
        if size > most_bytes:
            raise NotFetched(f"{size} bytes", too_big=True)
        content += piece
    return bytes(content)


def _piece(url: str, first: int) -> tuple[bytes, int]:
    """The next bytes, at least one, and the size of the whole file."""
    address = urlsplit(url)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    path = quote(path, safe=_PLAIN)
    wanted = {"Range": f"bytes={first}-{first + _PIECE_BYTES - 1}"}
    try:
        connection = kind(str(address.hostname), address.port, timeout=_SECONDS)
        try:
            connection.request("GET", path, headers=wanted)
            answer = connection.getresponse()
            piece = answer.read(_PIECE_BYTES)
        finally:
            connection.close()
        if answer.status != 206 or not piece:
            raise NotFetched(f"HTTP {answer.status} to a Range request")
        return piece, int((answer.getheader("Content-Range") or "").rpartition("/")[2])
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotFetched(type(error).__name__) from None
