"""What a picture is drawn on: a font that knows Chinese, colours, boxes."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

INK, SOFT, FAINT, LINE, PAPER = "#1b2530", "#4a5563", "#5d6b79", "#dde3ea", "#ffffff"
# Dark and light in turn, so that neighbours differ in grey, too.
COLOURS = ("#047857", "#f0a63a", "#2563ab", "#e79be0", "#7a271a", "#67d5e8", "#5d6b79")
BAND = "#f4f6f8"
ELLIPSIS = "…"

# The collection holds the same font for several regions; this is the one of the mainland.
_SIMPLIFIED = 2


class Box(NamedTuple):
    """A part of the picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Noto Sans of this height in pixels; it comes with a package, not with the machine."""
    collection = files("noto_cjk_sans_otc") / "NotoSansCJK-Regular.ttc"
    return ImageFont.truetype(str(collection), size, index=_SIMPLIFIED)


class Canvas:
    """A white picture, with text measured in pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height), PAPER)
        self._draw = ImageDraw.Draw(self.image)

    def text(
        self, at: tuple[float, float], words: str, *, size: int, fill: str = INK, anchor: str = "la"
    ) -> None:
        """`anchor` as Pillow has it: left, middle or right, then ascender, middle or descender."""
        self._draw.text(at, words, font=font(size), fill=fill, anchor=anchor)

    def line(self, points: list[tuple[float, float]], *, fill: str = LINE, width: int = 1) -> None:
        self._draw.line(points, fill=fill, width=width, joint="curve")

    def bar(self, box: Box, *, fill: str) -> None:
        """A filled box, whichever of its corners comes first; never thinner than a pixel."""
        left, right = sorted((box.left, box.right))
        top, bottom = sorted((box.top, box.bottom))
        self._draw.rectangle((left, top, max(right, left + 1), max(bottom, top + 1)), fill=fill)

    def dot(self, at: tuple[float, float], *, fill: str, radius: float = 3) -> None:
        x, y = at
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def width_of(words: str, size: int) -> float:
    return font(size).getlength(words)


def shortened(words: str, size: int, room: float) -> str:
    """`words`, cut with an ellipsis where they are wider than `room` pixels."""
    if width_of(words, size) <= room:
        return words
    kept = words
    while kept and width_of(kept + ELLIPSIS, size) > room:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS
