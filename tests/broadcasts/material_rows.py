"""Builders of materials and files for the tests of the library."""

from __future__ import annotations

import struct
import zlib
from itertools import count

from broadcasts.services.material_checks import MaterialDraft
from broadcasts.services.materials import create_material
from broadcasts.services.media_files import Upload
from tests.contacts.rows import NOW

_numbers = count(1)


def png(width=520, height=416):
    """A whole picture of one colour, which browsers show; no two are alike."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    mark = b"n\0" + str(next(_numbers)).encode()
    parts = (b"IHDR", head), (b"tEXt", mark), (b"IDAT", rows), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


MP4 = b"\0\0\0\x18ftypisom\0\0\0\0" + b"frames" * 20
LINK = {"title": "Spring tea", "desc": "Fresh", "url": "https://tea.example.com/spring"}
MINI = {"title": "Shop", "appid": "wx0123", "page": "pages/index"}


def draft(kind="image", **overrides):
    content = {"image": png(), "miniprogram": png(), "video": MP4, "file": b"price;tea\n"}
    return MaterialDraft(
        **{
            "kind": kind,
            "name": f"Material {next(_numbers)}",
            "text": "Hello {staff}" if kind == "text" else "",
            "body": {"link": LINK, "miniprogram": MINI}.get(kind, {}),
            "upload": Upload(f"{kind}.bin", content[kind]) if kind in content else None,
            **overrides,
        }
    )


def material(kind="image", **overrides):
    return create_material(draft=draft(kind, **overrides), operator=None, now=NOW)


def named(*materials):
    """Attachments that name these."""
    return [{"msgtype": "material", "material": one.pk} for one in materials]
