"""ECharts options as plain dicts; colours, fonts and formatters are the console's.

A chart must be readable without its colours: series of bars differ by pattern, lines by symbol and
dashes, a heat map by lightness and by the words in its cells. `marks` tells what a series is drawn
with, so that a test can ask.

`links` are the addresses a click on the marks leads to, one a label; "" leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

Option: TypeAlias = dict[str, Any]

_GREY = "#c5ccd4"
# Told apart without colour: the symbols and dashes of lines, in the order of their series. Bars get
# patterns ("decals") from the library, one a series.
_SYMBOLS = ("circle", "triangle", "rect", "diamond", "emptyCircle", "emptyTriangle", "emptyRect")
_DASHES: tuple[Any, ...] = ("solid", "dashed", "dotted", [8, 3, 2, 3], [2, 6], [12, 4], [4, 8])
# The curve itself, its lower and its upper bound.
_BOUNDS: tuple[Any, ...] = ("solid", "dotted", "dashed", *_DASHES[3:])
# A line with more points than this shows its symbol at every so many of them only.
_SYMBOLS_A_LINE = 12
# Told apart by blanks that nobody sees, as one name may stand on both sides of a Sankey chart.
_SIDES = ("", " ")
_GREENS = ["#ecfdf5", "#a7f3d0", "#34d399", "#047857", "#064e3b"]


def draws_anything(option: Option) -> bool:
    """Whether any series has a point: axes alone tell nobody anything."""
    return any(series.get("data") for series in option.get("series") or [])


def bars(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    *,
    formatter: str,
    stacked: bool = False,
    are_names: bool = False,
    links: Sequence[str] = (),
) -> Option:
    """Vertical bars, several series side by side or stacked.

    Labels that are names are all shown where there is room, in several lines; others, as days, are
    thinned.
    """
    extra = {"stack": "all"} if stacked else {}
    drawn = [
        {"type": "bar", "name": name, "data": list(values), "barMaxWidth": 36, **extra}
        for name, values in series
    ]
    x_axis: Option = {"type": "category", "data": list(labels)}
    if are_names:
        x_axis["axisLabel"] = {"interval": 0, "width": 80, "overflow": "break"}
    option = _axes(drawn, x_axis, formatter)
    return {**option, "aria": {"decal": {"show": len(drawn) > 1}}, "links": list(links)}


def lines(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    formatter: str,
    from_zero: bool = True,
    links: Sequence[str] = (),
) -> Option:
    """Lines over equal steps, each with a symbol and dashes of its own. None is a gap.

    A value axis that need not show zero begins near the lowest value instead.
    """
    drawn = [
        {"type": "line", "name": name, "data": list(values), **_line(number, len(values))}
        for number, (name, values) in enumerate(series)
    ]
    x_axis = {"type": "category", "data": list(labels), "boundaryGap": len(labels) == 1}
    option = _axes(drawn, x_axis, formatter)
    option["yAxis"]["scale"] = not from_zero
    # The last label is as wide as the others.
    option["grid"] = {"left": 8, "right": 28, "top": 40, "bottom": 8, "containLabel": True}
    return {**option, "links": list(links)}


def _line(number: int, points: int) -> Option:
    """How the line of this place is told apart."""
    return {
        "symbol": _SYMBOLS[number % len(_SYMBOLS)],
        "symbolSize": 7,
        "showAllSymbol": points <= _SYMBOLS_A_LINE,
        "lineStyle": {"width": 2, "type": _DASHES[number % len(_DASHES)]},
        "connectNulls": False,
    }


def marks(series: Mapping[str, Any]) -> tuple[str, ...]:
    """What one series of an option is told apart by, apart from colour and name."""
    style = series.get("lineStyle", {})
    dash, symbol = str(style.get("type", "")), str(series.get("symbol", ""))
    return (str(series["type"]), dash, symbol, str(style.get("width", "")))


def steps(
    series: Sequence[tuple[str, Sequence[tuple[float, float | None]]]],
    *,
    x_name: str,
    formatter: str,
    least: float = 0.0,
    most: float | None = None,
) -> Option:
    """Step curves over numbers; those after the first are the dashed bounds of its interval.

    The value axis runs from `least` to `most`, if given.
    """
    drawn = [
        {
            "type": "line",
            "name": name,
            "step": "end",
            "showSymbol": False,
            "data": [list(point) for point in points],
            "lineStyle": {"width": 2}
            if number == 0
            else {"width": 1, "type": _BOUNDS[number % len(_BOUNDS)]},
        }
        for number, (name, points) in enumerate(series)
    ]
    x_axis = {"type": "value", "name": x_name, "nameLocation": "middle", "nameGap": 28, "min": 0}
    option = _axes(drawn, x_axis, formatter)
    option["grid"] = {"left": 8, "right": 24, "top": 40, "bottom": 28, "containLabel": True}
    option["yAxis"]["min"] = least
    if most is not None:
        option["yAxis"]["max"] = most
    return option


def streams(
    flows: Sequence[tuple[str, str, int]], *, before: str, after: str, colours: Mapping[str, str]
) -> Option:
    """A Sankey chart of moves: (from, to, how many), names on the left drawn apart from the right.

    `before` and `after` head the two sides; `colours` gives each name its own.
    """
    sides = {(name, side) for one, other, _n in flows for name, side in ((one, 0), (other, 1))}
    nodes = [
        {
            "name": f"{name}{_SIDES[side]}",
            "label": {"formatter": name, "position": "right" if side == 0 else "left"},
            "itemStyle": {"color": colours.get(name, _GREY)},
        }
        for name, side in sorted(sides, key=lambda pair: (pair[1], list(colours).index(pair[0])))
    ]
    links = [
        {"source": f"{one}{_SIDES[0]}", "target": f"{other}{_SIDES[1]}", "value": how_many}
        for one, other, how_many in flows
    ]
    return {
        "tooltip": {"trigger": "item", "valueFormatter": "@integer"},
        "animation": False,
        "series": [
            {
                "type": "sankey",
                "data": nodes,
                "links": links,
                "left": 8,
                "right": 8,
                "top": 32,
                "bottom": 8,
                "nodeGap": 12,
                "layoutIterations": 0,
                "lineStyle": {"color": "gradient", "opacity": 0.4},
            }
        ],
        "graphic": [
            {"type": "text", "left": 8, "top": 6, "style": {"text": before}},
            {"type": "text", "right": 8, "top": 6, "style": {"text": after}},
        ],
    }


def ladder(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    name: str,
    formatter: str = "@integer",
    links: Sequence[str] = (),
) -> Option:
    """Horizontal bars from top to bottom, each with its value."""
    return {
        "links": list(links),
        "tooltip": {
            "trigger": "axis",
            "axisPointer": {"type": "shadow"},
            "valueFormatter": formatter,
        },
        "xAxis": {
            "type": "value",
            "axisLabel": {"formatter": formatter},
            **({"minInterval": 1} if formatter == "@integer" else {}),
        },
        "yAxis": {"type": "category", "data": list(labels), "inverse": True},
        "series": [
            {
                "type": "bar",
                "name": name,
                "data": list(values),
                "barMaxWidth": 28,
                "label": {"show": True, "position": "right", "formatter": formatter},
            }
        ],
    }


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[tuple[int, int, float, str, bool]],
    *,
    most: float,
    links: Mapping[tuple[int, int], str] = MappingProxyType({}),
) -> Option:
    """A matrix; a cell is (column, row, value, its words, whether its time is over).

    Cells whose time is not over are grey: their value will still change. `links` has an address by
    column and row.
    """
    over = [_cell(cell, links) for cell in cells if cell[4]]
    running = [_cell(cell, links) for cell in cells if not cell[4]]
    return {
        "tooltip": {"position": "top"},
        "grid": {"left": 8, "right": 8, "top": 28, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": list(columns), "position": "top"},
        "yAxis": {"type": "category", "data": list(rows), "inverse": True},
        "visualMap": {
            "show": False,
            "min": 0,
            "max": most or 1,
            "seriesIndex": 0,
            "dimension": 2,
            "inRange": {"color": _GREENS},
        },
        "series": [
            {"type": "heatmap", "data": over, "label": {"show": True, "fontSize": 10}},
            {
                "type": "heatmap",
                "data": running,
                "label": {"show": True, "fontSize": 10, "color": "#333d49"},
                # A dashed frame says it without colour.
                "itemStyle": {
                    "color": _GREY,
                    "borderColor": "#4a5563",
                    "borderType": "dashed",
                    "borderWidth": 1,
                },
            },
        ],
    }


def _cell(
    cell: tuple[int, int, float, str, bool], links: Mapping[tuple[int, int], str]
) -> dict[str, Any]:
    column, row, value, words, _is_over = cell
    return {
        **({"link": links[column, row]} if (column, row) in links else {}),
        "value": [column, row, value],
        "label": {"formatter": words},
        "tooltip": {"formatter": words},
    }


def _axes(drawn: list[dict[str, Any]], x_axis: dict[str, Any], formatter: str) -> Option:
    # Between two whole numbers there is nothing to label.
    whole = {"minInterval": 1} if formatter == "@integer" else {}
    return {
        "tooltip": {"trigger": "axis", "valueFormatter": formatter},
        "legend": {},
        "xAxis": x_axis,
        "yAxis": {"type": "value", "axisLabel": {"formatter": formatter}, **whole},
        "series": drawn,
    }
