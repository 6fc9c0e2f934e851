"""Value by age with customers of different ages, payback, and surplus of groups."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.metrics.acquisition import return_on, value_by_age
from analytics.metrics.surplus import Standing, by_group


def test_each_customer_counts_as_long_as_she_is_watched():
    # Ten won 20 days ago and ten today; the young have not had the time to order.
    found = value_by_age({0: 2_000, 5: 1_000}, {20: 10, 0: 10})
    assert list(found.watched[:2]) == [20, 10]
    assert found.value[0] == 100
    assert found.value[5] == pytest.approx(100 + 100)
    assert found.payback_day(200, margin=1.0) == 5
    assert found.payback_day(200, margin=0.5) is None


def test_the_curve_ends_where_too_few_are_watched():
    found = value_by_age({90: 5_000}, {100: 1, 10: 99})
    assert found.age[-1] == 10
    assert found.payback_day(1, margin=1.0) is None


def test_without_customers_or_cost_there_is_no_figure():
    assert value_by_age({}, {}).payback_day(1, margin=1.0) is None
    assert return_on(100, 0) is None
    assert return_on(150, 100) == 0.5


def test_a_cost_that_is_reached_exactly_is_paid_back():
    found = value_by_age(dict.fromkeys(range(30), 1_000), {40: 7})
    assert found.payback_day(30 * 1_000 / 7, margin=1.0) == 29


def test_what_holds_for_the_whole_shop_is_nobodys_merit():
    # Everybody brings twice what was expected: a season. Group 2 brings more than that.
    draw = np.random.default_rng(5)
    group = np.repeat([1, 2, 3], [400, 400, 10])
    expected = draw.gamma(2, 500, len(group))
    realised = 2 * expected * draw.gamma(4, 0.25, len(group))
    realised[group == 2] *= 1.5
    found = by_group(group, expected=expected, realised=realised)
    assert sum(each.amount for each in found.values()) == pytest.approx(0, abs=1e-6)
    assert [found[number].standing for number in (1, 2, 3)] == [
        Standing.BELOW,
        Standing.ABOVE,
        Standing.FEW,
    ]


def test_nine_of_ten_intervals_and_more_hold_nothing_where_nothing_is():
    draw = np.random.default_rng(11)
    group = np.repeat(np.arange(200), 60)
    expected = draw.gamma(2, 500, len(group))
    realised = expected * draw.gamma(1, 1, len(group))
    found = by_group(group, expected=expected, realised=realised)
    held = sum(each.low <= 0 <= each.high for each in found.values())
    assert 180 <= held <= 200
