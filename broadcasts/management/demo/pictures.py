"""The shop's pictures, drawn: a tea, what is said of it, and leaves beside them."""

from __future__ import annotations

from io import BytesIO

from broadcasts.policy.message_limits import COVER_SIDES
from scrm.pictures.canvas import Box, Canvas

POSTER_SIDES = (900, 600)
_TEA, _LEAF, _CREAM, _GOLD = "#14532d", "#2f7d4f", "#fdf8ec", "#f3d48a"


def poster(title: str, line: str) -> bytes:
    """A PNG to send as a picture."""
    return _drawn(POSTER_SIDES, title, line)


def cover(title: str, line: str) -> bytes:
    """A PNG of the size WeCom shows on a mini program's card."""
    return _drawn(COVER_SIDES, title, line)


def _drawn(sides: tuple[int, int], title: str, line: str) -> bytes:
    width, height = sides
    canvas = Canvas(width, height)
    canvas.bar(Box(0, 0, width, height), fill=_TEA)
    for across, down, radius in ((0.86, 0.2, 0.22), (0.98, 0.5, 0.26), (0.78, 0.92, 0.3)):
        canvas.dot((width * across, height * down), fill=_LEAF, radius=height * radius)
    left = width * 0.08
    canvas.text((left, height * 0.16), "云岭茶友之家", size=height // 16, fill=_GOLD)
    canvas.text((left, height * 0.36), title, size=height // 7, fill=_CREAM)
    canvas.bar(Box(left, height * 0.58, left + width * 0.12, height * 0.59), fill=_GOLD)
    canvas.text((left, height * 0.66), line, size=height // 16, fill=_CREAM)
    written = BytesIO()
    canvas.image.save(written, "PNG", optimize=True)
    return written.getvalue()
