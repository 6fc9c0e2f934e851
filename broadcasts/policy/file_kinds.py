"""What a file is, by its first bytes (文件识别). Pure: names and declared types are not believed."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PNG, JPEG, MP4, OTHER = "image/png", "image/jpeg", "video/mp4", "application/octet-stream"
SUFFIX = {PNG: "png", JPEG: "jpg", MP4: "mp4"}

_OTHERS = {
    b"%PDF-": "application/pdf",
    b"GIF8": "image/gif",
    b"PK\x03\x04": "application/zip",
    b"RIFF": "application/riff",
}
# What MP4 files call themselves in their first box.
_MP4_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ",
               b"dash", b"MSNV", b"mmp4", b"f4v "}  # fmt: skip
# Markers of a JPEG that carry its height and width; the others of that row are tables.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = {0x01, *range(0xD0, 0xD8)}


@dataclass(frozen=True)
class Found:
    """`content_type` as sniffed; sides in pixels, None where they cannot be read."""

    content_type: str
    width: int | None = None
    height: int | None = None


def look_into(content: bytes) -> Found:
    """What the file is; `OTHER` for everything that is not recognised."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Found(PNG, *_png_sides(content))
    if content.startswith(b"\xff\xd8\xff"):
        return Found(JPEG, *_jpeg_sides(content))
    if content[4:8] == b"ftyp" and content[8:12] in _MP4_BRANDS:
        return Found(MP4)
    named = (kind for start, kind in _OTHERS.items() if content.startswith(start))
    return Found(next(named, OTHER))


def _png_sides(content: bytes) -> tuple[int | None, int | None]:
    if len(content) < 24 or content[12:16] != b"IHDR":
        return None, None
    width, height = struct.unpack(">II", content[16:24])
    return int(width), int(height)


def _jpeg_sides(content: bytes) -> tuple[int | None, int | None]:
    """Walks from marker to marker until the frame; every step goes forward, so it ends."""
    place = 2
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            return None, None
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _STANDALONE:
            place += 2
        elif marker in _FRAMES and place + 9 <= len(content):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return int(width), int(height)
        else:
            place += 2 + max(2, int.from_bytes(content[place + 2 : place + 4], "big"))
    return None, None
