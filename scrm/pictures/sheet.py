"""A whole report as one picture: heading, and of each dataset its chart and its first rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scrm.console.datasets import Dataset
from scrm.pictures import plots
from scrm.pictures.canvas import BAND, COLOURS, FAINT, INK, LINE, SOFT, Box, Canvas, width_of
from scrm.pictures.canvas import shortened as cut

WIDTH, MARGIN = 1080, 36
_TITLE, _SMALL, _HEAD, _CELL = 34, 18, 24, 16
_ROW, _GAP = 28, 30
_MOST_ROWS = 12
_LEAST_COLUMN, _MOST_COLUMN, _BETWEEN = 64, 320, 18


def sheet_png(*, title: str, lines: Sequence[str], datasets: Sequence[Dataset]) -> bytes:
    """A PNG 1,080 pixels wide and as high as it needs. `lines` stand under the title."""
    blocks = [_Block(one) for one in datasets]
    top = MARGIN + _TITLE + 38 + len(lines) * (_SMALL + 10)
    height = top + sum(block.height + _GAP for block in blocks) + MARGIN
    canvas = Canvas(WIDTH, int(height))
    canvas.bar(Box(0, 0, WIDTH, 8), fill=COLOURS[0])
    inner = WIDTH - 2 * MARGIN
    canvas.text((MARGIN, MARGIN - 6), cut(title, _TITLE, inner), size=_TITLE)
    for place, line in enumerate(lines):
        y = MARGIN + _TITLE + 14 + place * (_SMALL + 10)
        canvas.text((MARGIN, y), cut(line, _SMALL, inner), size=_SMALL, fill=SOFT)
    for block in blocks:
        block.draw(canvas, top)
        top += block.height + _GAP
    made = BytesIO()
    canvas.image.save(made, "PNG", optimize=True)
    return made.getvalue()


class _Block:
    """One dataset: its title, its chart, the rows behind it."""

    def __init__(self, dataset: Dataset) -> None:
        self._set = dataset
        self._chart = plots.height_of(dataset.option) if dataset.rows else 0
        # A matrix is its own table.
        has_table = dataset.rows and not plots.is_matrix(dataset.option)
        self._rows = _shown(dataset) if has_table else []
        self._widths = _widths(self._rows) if self._rows else []
        self._note = self._words()

    @property
    def height(self) -> int:
        chart = self._chart + 20 if self._chart else 0
        return _HEAD + 18 + chart + _ROW * len(self._rows) + (_ROW if self._note else 0)

    def draw(self, canvas: Canvas, top: float) -> None:
        left, right = MARGIN, WIDTH - MARGIN
        canvas.line([(left, top - 14), (right, top - 14)], fill=LINE)
        title = cut(str(self._set.title), _HEAD, right - left)
        canvas.text((left, top), title, size=_HEAD, fill=INK)
        top += _HEAD + 18
        if self._chart:
            plots.draw(canvas, Box(left, top, right, top + self._chart), self._set.option)
            top += self._chart + 20
        for place, row in enumerate(self._rows):
            self._draw_row(canvas, top, row, is_head=not place, is_banded=place % 2 == 0)
            top += _ROW
        if self._note:
            canvas.text((left, top + 6), self._note, size=_CELL, fill=FAINT)

    def _draw_row(
        self, canvas: Canvas, top: float, row: Sequence[str], *, is_head: bool, is_banded: bool
    ) -> None:
        if is_banded:
            canvas.bar(Box(MARGIN, top, WIDTH - MARGIN, top + _ROW), fill=BAND)
        x, middle = float(MARGIN), top + _ROW / 2
        for place, room in enumerate(self._widths):
            words = cut(row[place], _CELL, room)
            at, anchor = ((x + 4, middle), "lm") if not place else ((x + room, middle), "rm")
            canvas.text(at, words, size=_CELL, fill=FAINT if is_head else INK, anchor=anchor)
            x += room + _BETWEEN

    def _words(self) -> str:
        """What the picture leaves out, or that there is nothing."""
        if not self._set.rows:
            return _("Nothing to show in this period.")
        if not self._rows:
            return ""
        more = len(self._set.rows) - (len(self._rows) - 1)
        columns = len(self._set.columns) - len(self._widths)
        if columns > 0:
            return _("Not every column is shown; the file has them all.")
        if more > 0:
            words = ngettext(
                "%(more)s more row in the file.", "%(more)s more rows in the file.", more
            )
            return words % {"more": f"{more:,}"}
        return ""


def _shown(dataset: Dataset) -> list[list[str]]:
    """The heading and so many rows: of a course of days or months the latest, else the first."""
    is_course = isinstance(dataset.rows[0][0], date)
    rows = dataset.rows[-_MOST_ROWS:] if is_course else dataset.rows[:_MOST_ROWS]
    heading = [str(column.label) for column in dataset.columns]
    return [
        heading,
        *(
            [column.on_page(value) for column, value in zip(dataset.columns, row, strict=True)]
            for row in rows
        ),
    ]


def _widths(rows: Sequence[Sequence[str]]) -> list[float]:
    """Of the columns that fit beside each other, widened evenly to fill the picture."""
    room = WIDTH - 2 * MARGIN - 8
    wanted = [
        min(_MOST_COLUMN, max(_LEAST_COLUMN, *(width_of(cell, _CELL) + 4 for cell in column)))
        for column in zip(*rows, strict=True)
    ]
    kept: list[float] = []
    for width in wanted:
        if sum(kept) + width + _BETWEEN * len(kept) > room:
            break
        kept.append(width)
    kept = kept or wanted[:1]
    spare = room - sum(kept) - _BETWEEN * (len(kept) - 1)
    return [width + spare / len(kept) for width in kept] if spare > 0 else kept
