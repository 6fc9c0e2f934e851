"""The charts of the pages as pictures: bars, curves, ladders, heat maps.

They read the options of `scrm.console.charts`. What they do not know is not drawn; the table below
it says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

from scrm.console.charts import Option, draws_anything
from scrm.pictures.canvas import (
    COLOURS,
    FAINT,
    INK,
    LINE,
    PAPER,
    SOFT,
    Box,
    Canvas,
    shortened,
    width_of,
)
from scrm.pictures.scales import extent, ticks, writer

HEIGHT = 300
_TEXT, _LEGEND, _CELL_TEXT = 14, 26, 12
_ROW, _WIDEST = 30, 72
_MOST_LABELS = 12


@dataclass(frozen=True)
class Frame:
    """Where the values of a chart lie: the plot's box, and the value axis from least to most."""

    box: Box
    least: float
    most: float

    def y(self, value: float) -> float:
        share = (float(value) - self.least) / (self.most - self.least)
        return self.box.bottom - share * self.box.height


def height_of(option: Option) -> int:
    """How many pixels a chart needs; 0 for one that is not drawn."""
    kind = _kind(option)
    if kind == "ladder":
        return 2 * _TEXT + _ROW * len(_categories(option, "yAxis"))
    if kind == "heatmap":
        return 2 * _TEXT + _ROW * len(_categories(option, "yAxis"))
    return HEIGHT if kind else 0


def is_matrix(option: Option) -> bool:
    """Every value of it stands in it."""
    return _kind(option) == "heatmap"


def draw(canvas: Canvas, box: Box, option: Option) -> None:
    """Draw it into the box, which is as high as `height_of` says."""
    kind = _kind(option)
    if kind:
        _DRAWN[kind](canvas, box, option)


def _kind(option: Option) -> str:
    series = option.get("series") or []
    kinds = {str(one.get("type")) for one in series}
    if not draws_anything(option) or not kinds <= {"bar", "line", "heatmap"}:
        return ""
    if kinds == {"heatmap"}:
        return "heatmap"
    if "heatmap" in kinds or not isinstance(option.get("xAxis"), dict):
        return ""
    if option.get("yAxis", {}).get("type") == "category":
        return "ladder" if kinds == {"bar"} and len(series) == 1 else ""
    return "columns" if option["xAxis"].get("type") == "category" else "curves"


def _categories(option: Option, axis: str) -> list[str]:
    return [str(name) for name in option.get(axis, {}).get("data") or []]


def _number(value: Any) -> float | None:
    """A value of a series, which may be wrapped."""
    if isinstance(value, dict):
        value = value.get("value")
    return float(value) if isinstance(value, (int, float)) else None


def _columns(canvas: Canvas, box: Box, option: Option) -> None:
    """Bars side by side or stacked, and lines, over names."""
    names, series = _categories(option, "xAxis"), option["series"]
    values = [[_number(value) for value in one["data"]] for one in series]
    is_stacked = any(one.get("stack") for one in series)
    frame = _framed(
        canvas, box, option, _stacks(values) if is_stacked else [*chain.from_iterable(values)]
    )
    room = frame.box.width / max(1, len(names))
    bars = [place for place, one in enumerate(series) if one["type"] == "bar"]
    for place, one in enumerate(values):
        colour = COLOURS[place % len(COLOURS)]
        if place not in bars:
            points = [(frame.box.left + room * (at + 0.5), v) for at, v in enumerate(one)]
            _curve(canvas, frame, points, colour, step=False)
            continue
        for at, value in enumerate(one):
            if value is None:
                continue
            low = _beneath(values, bars, place, at) if is_stacked else 0.0
            side = 1 if is_stacked else len(bars)
            wide = min(room * 0.7 / side, _WIDEST)
            left = frame.box.left + room * (at + 0.5) - wide * side / 2
            left += 0 if is_stacked else wide * bars.index(place)
            canvas.bar(Box(left, frame.y(low + value), left + wide - 1, frame.y(low)), fill=colour)
    _name_columns(canvas, frame, names, room)


def _stacks(values: Sequence[Sequence[float | None]]) -> list[float]:
    """How far up and down the stacks reach."""
    columns = list(zip(*values, strict=False))
    return [
        sum(value for value in column if value is not None and (value > 0) is up)
        for column in columns
        for up in (True, False)
    ]


def _beneath(
    values: Sequence[Sequence[float | None]], bars: Sequence[int], place: int, at: int
) -> float:
    """Where a part of a stack begins: on those of its own sign drawn before it."""
    value = values[place][at] or 0
    before = [values[other][at] or 0 for other in bars if other < place]
    return sum(one for one in before if (one > 0) is (value > 0))


def _name_columns(canvas: Canvas, frame: Frame, names: Sequence[str], room: float) -> None:
    """As many names under the columns as stand beside each other."""
    widest = max((width_of(name, _TEXT) for name in names), default=0.0)
    every = max(1, -(-len(names) // _MOST_LABELS), -(-int(widest + 12) // max(1, int(room))))
    for at in range(0, len(names), every):
        words = shortened(names[at], _TEXT, max(room * every - 6, 24))
        x = frame.box.left + room * (at + 0.5)
        canvas.text((x, frame.box.bottom + 6), words, size=_TEXT, fill=FAINT, anchor="ma")


def _curves(canvas: Canvas, box: Box, option: Option) -> None:
    """Lines over numbers; the first is thick."""
    series, axis = option["series"], option["xAxis"]
    points = [
        [(float(point[0]), _number(point[1])) for point in one["data"] if point[0] is not None]
        for one in series
    ]
    frame = _framed(canvas, box, option, [value for one in points for _x, value in one])
    found = [x for one in points for x, _value in one]
    low, high = extent([*found, axis.get("min", 0)], with_zero=False)
    marks = [mark for mark in ticks(low, high) if low <= mark <= high]

    def x_of(value: float) -> float:
        return frame.box.left + (value - low) / (high - low) * frame.box.width

    for mark in marks:
        at = (x_of(mark), frame.box.bottom + 6)
        canvas.text(at, f"{mark:,g}", size=_TEXT, fill=FAINT, anchor="ma")
    name = str(axis.get("name", ""))
    canvas.text((frame.box.right, box.bottom), name, size=_TEXT, fill=FAINT, anchor="rd")
    for place, one in enumerate(points):
        drawn = [(x_of(x), value) for x, value in one]
        colour = COLOURS[place % len(COLOURS)]
        step = bool(series[place].get("step"))
        _curve(canvas, frame, drawn, colour, step=step, width=1 if place and step else 3)


def _curve(
    canvas: Canvas,
    frame: Frame,
    points: Sequence[tuple[float, float | None]],
    colour: str,
    *,
    step: bool,
    width: int = 3,
) -> None:
    """A line with gaps where there is no value; a lone point is a dot."""
    run: list[tuple[float, float]] = []
    for x, value in [*points, (0.0, None)]:
        if value is not None:
            at = (x, frame.y(value))
            if step and run:
                run.append((x, run[-1][1]))
            run.append(at)
            continue
        if len(run) == 1:
            canvas.dot(run[0], fill=colour)
        elif run:
            canvas.line(run, fill=colour, width=width)
        run = []


def _framed(canvas: Canvas, box: Box, option: Option, values: Sequence[float | None]) -> Frame:
    """Draw legend, grid and value axis; what is left is the plot."""
    axis = option.get("yAxis", {})
    write = writer(str(axis.get("axisLabel", {}).get("formatter", "")))
    least, most = extent(values)
    least = float(axis["min"]) if _number(axis.get("min")) is not None else least
    most = float(axis["max"]) if _number(axis.get("max")) is not None else most
    marks = ticks(least, most, is_whole=axis.get("minInterval") == 1)
    words = [write(mark) for mark in marks]
    left = box.left + max(width_of(one, _TEXT) for one in words) + 10
    top = box.top + _legend(canvas, box, option)
    frame = Frame(Box(left, top + 8, box.right, box.bottom - 2 * _TEXT), marks[0], marks[-1])
    for mark, written in zip(marks, words, strict=True):
        y = frame.y(mark)
        canvas.line([(left, y), (box.right, y)], fill=SOFT if mark == 0 else LINE)
        canvas.text((left - 8, y), written, size=_TEXT, fill=FAINT, anchor="rm")
    return frame


def _legend(canvas: Canvas, box: Box, option: Option) -> int:
    """Names of the series with their colours; its height, 0 for one alone."""
    series = option["series"]
    if len(series) < 2:
        return 0
    x = box.left
    for place, one in enumerate(series):
        name = shortened(str(one.get("name", "")), _TEXT, 200)
        wide = 22 + width_of(name, _TEXT) + 18
        if x + wide > box.right and place:
            break
        colour = COLOURS[place % len(COLOURS)]
        canvas.bar(Box(x, box.top + 4, x + 14, box.top + 16), fill=colour)
        canvas.text((x + 20, box.top + 10), name, size=_TEXT, fill=SOFT, anchor="lm")
        x += wide
    return _LEGEND


def _ladder(canvas: Canvas, box: Box, option: Option) -> None:
    """Horizontal bars from top to bottom, each with its value."""
    names, data = _categories(option, "yAxis"), option["series"][0]["data"]
    values = [_number(value) or 0.0 for value in data]
    write = writer(str(option.get("xAxis", {}).get("axisLabel", {}).get("formatter", "@integer")))
    left = box.left + min(320, max((width_of(name, _TEXT) for name in names), default=0)) + 12
    room = box.right - left - max((width_of(write(one), _TEXT) for one in values), default=0) - 12
    most = max([abs(value) for value in values] or [0]) or 1
    for place, (name, value) in enumerate(zip(names, values, strict=False)):
        middle = box.top + _ROW * (place + 0.5)
        words = shortened(name, _TEXT, 320)
        canvas.text((left - 12, middle), words, size=_TEXT, fill=SOFT, anchor="rm")
        end = left + room * abs(value) / most
        canvas.bar(Box(left, middle - 9, end, middle + 9), fill=COLOURS[0])
        canvas.text((end + 8, middle), write(value), size=_TEXT, fill=INK, anchor="lm")


def _heat_map(canvas: Canvas, box: Box, option: Option) -> None:
    """A matrix with its words; cells of the second series are grey."""
    rows, columns = _categories(option, "yAxis"), _categories(option, "xAxis")
    ramp = option.get("visualMap", {})
    colours = list(ramp.get("inRange", {}).get("color") or [PAPER, COLOURS[0]])
    most = float(ramp.get("max") or 1)
    left = box.left + max((width_of(name, _TEXT) for name in rows), default=0) + 10
    wide = (box.right - left) / max(1, len(columns))
    top = box.top + 2 * _TEXT
    for at, name in enumerate(columns):
        x = left + wide * (at + 0.5)
        canvas.text((x, box.top + _TEXT), name, size=_CELL_TEXT, fill=FAINT, anchor="mm")
    for place, name in enumerate(rows):
        y = top + _ROW * (place + 0.5)
        canvas.text((left - 10, y), name, size=_TEXT, fill=FAINT, anchor="rm")
    for number, one in enumerate(option["series"]):
        for cell in one["data"]:
            column, row, value = cell["value"]
            fill = str(one.get("itemStyle", {}).get("color", LINE)) if number else ""
            fill = fill or colours[min(len(colours) - 1, int(len(colours) * value / most))]
            corner = (left + wide * column, top + _ROW * row)
            canvas.bar(
                Box(corner[0] + 1, corner[1] + 1, corner[0] + wide - 1, corner[1] + _ROW - 1),
                fill=fill,
            )
            words = shortened(str(cell.get("label", {}).get("formatter", "")), _CELL_TEXT, wide)
            ink = PAPER if _is_dark(fill) else INK
            middle = (corner[0] + wide / 2, corner[1] + _ROW / 2)
            canvas.text(middle, words, size=_CELL_TEXT, fill=ink, anchor="mm")


def _is_dark(colour: str) -> bool:
    """By the weights of the eye for red, green and blue."""
    parts = [int(colour[a:b], 16) for a, b in pairwise((1, 3, 5, 7))]
    return 0.3 * parts[0] + 0.59 * parts[1] + 0.11 * parts[2] < 140


_DRAWN: dict[str, Callable[[Canvas, Box, Option], None]] = {
    "columns": _columns,
    "curves": _curves,
    "ladder": _ladder,
    "heatmap": _heat_map,
}
