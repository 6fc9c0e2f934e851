import pytest

from analytics.metrics.value_split import ValueSplit

NOW = ValueSplit(buyers=120, orders=350, days_watched=46_500, net_fen=1_500_000)
BEFORE = ValueSplit(buyers=100, orders=250, days_watched=36_500, net_fen=1_000_000)


def test_the_factors_multiply_to_the_value():
    years = NOW.lifetime_days / 365
    assert years * NOW.orders_per_year * NOW.order_value_fen == pytest.approx(NOW.value_fen)
    assert NOW.value_fen == 12_500


def test_a_margin_makes_profit_of_revenue_and_none_leaves_revenue():
    half = ValueSplit(120, 350, 46_500, 1_500_000, margin=0.5)
    assert half.value_fen == 6_250
    assert half.order_value_fen == NOW.order_value_fen


def test_the_parts_of_a_change_add_up_to_it():
    parts = NOW.changed_by(BEFORE)
    assert sum(parts.values()) == pytest.approx(12_500 - 10_000)
    assert parts["margin"] == 0
    assert all(parts[name] > 0 for name in ("lifetime", "frequency", "order_value"))


def test_without_a_change_every_part_is_nothing():
    assert set(NOW.changed_by(NOW).values()) == {0.0}


@pytest.mark.parametrize(
    "empty", [ValueSplit(0, 0, 0, 0), ValueSplit(5, 5, 5, 0), ValueSplit(5, 5, 5, -100)]
)
def test_nothing_to_divide_by_is_no_figure(empty):
    assert NOW.changed_by(empty) is None
    assert empty.changed_by(NOW) is None
    assert (empty.value_fen is None) == (not empty.buyers)
