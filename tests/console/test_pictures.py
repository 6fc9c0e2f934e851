"""Pictures of figures: Chinese letters and every kind of chart, whatever the numbers."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days, money, shares, words
from scrm.pictures import sheet_png
from scrm.pictures.canvas import Canvas
from scrm.pictures.plots import height_of, is_matrix
from scrm.pictures.scales import extent, ticks

NAMES = ["一月", "二月", "三月"]
CELLS = [(k, row, 0.4 / (k + 1), "40%", k + row < 2) for row in range(3) for k in range(3)]
CHARTS = {
    "bars": charts.bars(NAMES, [("新", [1, 2, 0]), ("老", [3, 0, 5])], formatter="@fen"),
    "stacked": charts.bars(
        NAMES, [("增", [1, 2, 3]), ("减", [-1, 0, -3])], formatter="@integer", stacked=True
    ),
    "one value": charts.bars(["一月"], [("新", [0])], formatter="@fen"),
    "curve": charts.steps(
        [("份额", [(0, 1.0), (5, 0.5)]), ("下限", [(0, None), (5, 0.4)])],
        x_name="天",
        formatter="@percent",
        least=0.2,
        most=1.0,
    ),
    "ladder": charts.ladder(NAMES, [10, 5, 0], name="客户"),
    "heat map": charts.heat_map(NAMES, ["+0", "+1", "+2"], CELLS, most=0.4),
}


def dataset(option, **overrides):
    return Dataset(
        **{
            "key": "x",
            "title": "净收入",
            "columns": (words("月份"), money("收入"), shares("份额"), counts("客户")),
            "rows": [(name, 123_456, 0.5, None) for name in NAMES],
            "option": option,
            **overrides,
        }
    )


def opened(*datasets):
    return Image.open(BytesIO(sheet_png(title="周报", lines=["期间"], datasets=datasets)))


@pytest.mark.parametrize("kind", CHARTS)
def test_every_chart_is_drawn_above_its_table(kind):
    plain, drawn = opened(dataset({})), opened(dataset(CHARTS[kind]))
    # A matrix is its own table: a heading and a row for each name less.
    table = 28 * (1 + len(NAMES)) if is_matrix(CHARTS[kind]) else 0
    assert drawn.size == (1080, plain.size[1] + height_of(CHARTS[kind]) + 20 - table)
    colours = {colour for _count, colour in drawn.getcolors(100_000)}
    assert (4, 120, 87) in colours or (52, 211, 153) in colours


def test_chinese_letters_are_letters_and_not_boxes():
    pictures = []
    for letter in ("复", "购"):
        canvas = Canvas(40, 40)
        canvas.text((0, 0), letter, size=30)
        pictures.append(canvas.image)
    assert ImageChops.difference(*pictures).getbbox() is not None


def test_a_chart_that_is_empty_or_that_nobody_knows_is_left_to_its_table():
    flows = charts.streams(
        [("新", "老", 1)], before="前", after="后", colours={"新": "#111111", "老": "#222222"}
    )
    nothing = charts.bars([], [("新", []), ("老", [])], formatter="@integer")
    for option in (flows, nothing):
        assert height_of(option) == 0
        assert opened(dataset(option)).size == opened(dataset({})).size


def test_of_a_long_course_the_latest_days_are_shown_and_the_rest_is_named():
    long = [(date(2026, 1, 1).replace(day=day), day) for day in range(1, 31)]
    shown = dataset({}, columns=(days("日"), counts("新增")), rows=long)
    empty = dataset({}, rows=[])
    assert opened(shown).size[1] > opened(empty).size[1]


def test_axes_have_round_numbers_around_what_they_show():
    assert ticks(0, 97) == [0, 20, 40, 60, 80, 100]
    assert ticks(-3, 7) == [-4, -2, 0, 2, 4, 6, 8]
    assert ticks(5, 5)[0] <= 5 < ticks(5, 5)[-1]
    assert extent([None, float("nan")]) == (0.0, 1.0)
