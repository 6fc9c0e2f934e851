"""Gamma-Gamma against Fader, Hardie (2013), note 025, and CLVTools 0.12.1."""

import numpy as np
import pytest

from analytics.metrics import gamma_gamma
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.gamma_gamma import Parameters


def test_the_fit_is_the_published_one(spend):
    # Note 025.
    assert spend.parameters == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert spend.customers == 946


def test_the_fit_agrees_with_other_software_to_the_last_digits(spend):
    assert spend.parameters == pytest.approx((6.249349, 3.744256, 15.444307), rel=1e-4)
    assert spend.log_likelihood == pytest.approx(-4055.917695, abs=1e-3)
    assert gamma_gamma.population_mean(spend.parameters) == pytest.approx(35.1705, abs=1e-3)


def test_expected_value_of_the_first_ten_customers(spend, summary):
    # Note 025, spreadsheet.
    expected = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    found = gamma_gamma.expected_value(spend.parameters, summary.x, summary.repeat_value)
    assert found[:10] == pytest.approx(expected, abs=0.01)


def test_the_likelihood_per_customer_adds_up_to_that_of_the_fit(spend, summary):
    again = summary.x > 0
    each = gamma_gamma.log_likelihood(
        spend.parameters, summary.x[again], summary.repeat_value[again]
    )
    assert each.sum() == pytest.approx(spend.log_likelihood, abs=1e-6)


def test_the_gradient_is_the_slope_of_the_likelihood(summary):
    again = summary.x > 0
    likelihood = gamma_gamma.summed_likelihood(summary.x[again], summary.repeat_value[again])
    point = np.array([3.0, 2.0, 20.0])
    _, slope = likelihood(point)
    for i, step in enumerate(np.diag(1e-5 * point)):
        rise = (likelihood(point + step)[0] - likelihood(point - step)[0]) / (2 * step[i])
        assert slope[i] == pytest.approx(rise, rel=1e-6)


def test_customers_without_a_repeat_value_stay_out():
    with_others = gamma_gamma.fit([1, 2, 3, 5, 0, 4], [10.0, 12.0, 9.0, 30.0, 0.0, 0.0])
    alone = gamma_gamma.fit([1, 2, 3, 5], [10.0, 12.0, 9.0, 30.0])
    assert with_others == alone


def test_amounts_that_are_all_zero_are_not_enough():
    with pytest.raises(NotEnoughData, match="value above 0"):
        gamma_gamma.fit([1, 2, 3], [0.0, 0.0, 0.0])


def test_equal_amounts_give_that_amount():
    found = gamma_gamma.fit([1, 2, 3, 2], [5.0, 5.0, 5.0, 5.0])
    assert "p" in found.at_bound
    assert gamma_gamma.expected_value(found.parameters, [0, 4], [0, 5.0]) == pytest.approx(
        [5, 5], rel=1e-3
    )


def test_a_mean_that_does_not_exist_is_no_number():
    # q ≤ 1: so heavy a tail that the mean over customers is infinite.
    heavy = Parameters(p=1.0, q=0.6, v=1.0)
    assert np.isnan(gamma_gamma.population_mean(heavy))
    first, second = gamma_gamma.expected_value(heavy, [0, 2], [0.0, 3.0])
    assert np.isnan(first)
    assert second == pytest.approx(7 / 1.6)


@pytest.mark.parametrize(
    ("x", "m"), [([1, 2], [1.0]), ([1, 2, 3], [1.0, -1.0, 2.0]), ([1, 2, 3], [1.0, np.nan, 2.0])]
)
def test_values_that_are_no_money_are_refused(x, m):
    with pytest.raises(ValueError, match=r"x and m|negative"):
        gamma_gamma.fit(x, m)
