"""ECharts options as plain dicts; colours, fonts and formatters are the console's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Option: TypeAlias = dict[str, Any]

_GREY = "#c5ccd4"
# Told apart by blanks that nobody sees, as one name may stand on both sides of a Sankey chart.
_SIDES = ("", " ")
_GREENS = ["#ecfdf5", "#a7f3d0", "#34d399", "#047857", "#064e3b"]


def bars(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    *,
    formatter: str,
    stacked: bool = False,
) -> Option:
    """Vertical bars, several series side by side or stacked."""
    extra = {"stack": "all"} if stacked else {}
    drawn = [
        {"type": "bar", "name": name, "data": list(values), "barMaxWidth": 36, **extra}
        for name, values in series
    ]
    return _axes(drawn, {"type": "category", "data": list(labels)}, formatter)


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
            "lineStyle": {"width": 2} if number == 0 else {"width": 1, "type": "dashed"},
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


def ladder(labels: Sequence[str], values: Sequence[float], *, name: str) -> Option:
    """Horizontal bars from top to bottom, each with its value."""
    return {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {"type": "value", "axisLabel": {"formatter": "@integer"}, "minInterval": 1},
        "yAxis": {"type": "category", "data": list(labels), "inverse": True},
        "series": [
            {
                "type": "bar",
                "name": name,
                "data": list(values),
                "barMaxWidth": 28,
                "label": {"show": True, "position": "right"},
            }
        ],
    }


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[tuple[int, int, float, str, bool]],
    *,
    most: float,
) -> Option:
    """A matrix; a cell is (column, row, value, its words, whether its time is over).

    Cells whose time is not over are grey: their value will still change.
    """
    over = [_cell(cell) for cell in cells if cell[4]]
    running = [_cell(cell) for cell in cells if not cell[4]]
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
                "label": {"show": True, "fontSize": 10, "color": "#4a5563"},
                "itemStyle": {"color": _GREY},
            },
        ],
    }


def _cell(cell: tuple[int, int, float, str, bool]) -> dict[str, Any]:
    column, row, value, words, _is_over = cell
    return {
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
