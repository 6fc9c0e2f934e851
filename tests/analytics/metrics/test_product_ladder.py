import pytest

from analytics.metrics.product_ladder import climbed, rungs


def test_rungs_say_who_came_back_and_where_to():
    found = rungs(
        {"tea": (100, 40), "cup": (300, 30)},
        [("tea", "pot", 25), ("tea", "tea", 15), ("cup", "tea", 30), ("unknown", "tea", 9)],
    )
    assert [rung.name for rung in found] == ["cup", "tea"]
    tea = found[1]
    assert tea.onwards == (("pot", 25), ("tea", 15))
    assert tea.returned.share == 0.4
    assert tea.returned.low == pytest.approx(0.3094, abs=1e-4)


def test_climbing_counts_who_began_below_profit_and_came_back():
    found = climbed([("traffic", "profit", 3), ("", "traffic", 1), ("profit", "profit", 50)])
    assert (found.part, found.whole) == (3, 4)
    assert climbed([]).share is None
