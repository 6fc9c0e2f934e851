"""Pictures of codes: drawings in the likeness of QR codes. No phone can read them."""

from __future__ import annotations

import struct
import zlib
from hashlib import sha256

_CELLS, _SCALE, _MARGIN = 25, 8, 2
_CORNER = 7


def code_picture(name: str) -> bytes:
    """A PNG, the same for the same name."""
    side = _CELLS + 2 * _MARGIN
    digest = b"".join(sha256(f"{name}/{part}".encode()).digest() for part in range(20))
    cells = [[_is_dark(x - _MARGIN, y - _MARGIN, digest) for x in range(side)] for y in range(side)]
    lines = [b"".join((b"\0" if dark else b"\xff") * _SCALE for dark in row) for row in cells]
    raw = b"".join(b"\0" + line for line in lines for _again in range(_SCALE))
    size = side * _SCALE
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, data) for kind, data in parts)


def _is_dark(x: int, y: int, digest: bytes) -> bool:
    if not (0 <= x < _CELLS and 0 <= y < _CELLS):
        return False
    for left, top in ((0, 0), (_CELLS - _CORNER, 0), (0, _CELLS - _CORNER)):
        if left <= x < left + _CORNER and top <= y < top + _CORNER:
            ring = max(abs(x - left - 3), abs(y - top - 3))
            return ring != 2
    return bool(digest[y * _CELLS + x] & 1)


def _part(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
