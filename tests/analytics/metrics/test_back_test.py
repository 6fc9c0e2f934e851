"""The back-test in full on CDNOW, whose totals are published, and on shops of one customer."""

import numpy as np
import pytest

from analytics.metrics import bgnbd
from analytics.metrics.back_test import Seen, back_test
from analytics.metrics.history import History


@pytest.fixture(scope="module")
def seen(bg, history, held_out, summary):
    bounds = (
        bgnbd.MODEL.orders_quantile(bg.parameters, history, t=39.0, chance=chance)
        for chance in (0.1, 0.9)
    )
    expected = bgnbd.conditional_orders(bg.parameters, history, t=39.0)
    months = summary.first_day.astype("datetime64[M]").astype(np.int64)
    return Seen(held_out, expected, *bounds, cohort=months - months.min())


def test_groups_hold_everybody_once_and_add_up_to_the_totals(seen, history):
    found = back_test(seen, history=history, periods=39.0)
    assert found.holdout.expected_repeat == pytest.approx(1653.41, rel=2e-4)
    customers = np.array([group.customers for group in found.groups])
    assert customers.sum() == 2357
    expected, actual = (
        sum(group.customers * getattr(group, name) for group in found.groups)
        for name in ("expected", "actual")
    )
    assert (expected, actual) == pytest.approx((found.holdout.expected_repeat, 1882))
    means = [group.expected for group in found.groups]
    assert means == sorted(means)


def test_the_model_beats_both_simple_forecasts(seen, history):
    found = back_test(seen, history=history, periods=39.0)
    assert found.same_rate.mae == pytest.approx(found.holdout.naive_mae)
    assert found.holdout.mae < min(found.same_rate.mae, found.cohort_mean.mae)
    # The mean of everybody's month is right in total wherever the rate is steady.
    assert found.cohort_mean.expected_repeat == pytest.approx(found.same_rate.expected_repeat, 0.1)


def test_intervals_cover_at_least_what_they_promise(seen, history):
    found = back_test(seen, history=history, periods=39.0)
    assert 0.8 <= found.covered <= 0.97
    by_group = sum(group.customers * group.covered for group in found.groups) / 2357
    assert found.covered == pytest.approx(by_group)


def test_equal_expectations_make_one_group_and_customers_of_today_no_rate():
    same = np.ones(4)
    found = back_test(
        Seen(same, same * 0.5, same * 0, same, np.array([0, 0, 1, 1])),
        history=History([0, 0, 0, 0], [0, 0, 0, 0], [5, 5, 0, 0]),
        periods=5.0,
    )
    assert [group.customers for group in found.groups] == [4]
    assert (found.covered, found.cohort_mean.expected_repeat) == (1.0, 0.0)
