"""BG/NBD against the papers.

FHL: Fader, Hardie, Lee (2005), Marketing Science 24(2). Notes 004 and 027: brucehardie.com.
BTYD: R package BTYD 2.4.3, vignette and functions. CLVTools: R package CLVTools 0.12.1, tests.
"""

import numpy as np
import pytest

from analytics.metrics import bgnbd
from analytics.metrics.drop_out import NEW_CUSTOMER, Parameters
from analytics.metrics.history import History

# Note 004 uses the rounded estimates of FHL.
ROUNDED = Parameters(r=0.243, alpha=4.414, a=0.793, b=2.426)


def one(x, t_x, watched):
    return History([x], [t_x], [watched])


def test_the_fit_is_the_published_one(bg):
    # FHL table 2.
    assert bg.parameters == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=1e-3)
    assert bg.log_likelihood == pytest.approx(-9582.4, abs=0.1)
    assert (bg.customers, bg.converged, bg.at_bound) == (2357, True, ())


def test_the_fit_agrees_with_other_software_to_the_last_digits(bg):
    # CLVTools.
    expected = (0.2425945, 4.4136019, 0.7929199, 2.4258881)
    assert bg.parameters == pytest.approx(expected, rel=1e-4)
    assert bg.log_likelihood == pytest.approx(-9582.429207, abs=1e-3)


def test_the_likelihood_per_customer_adds_up_to_that_of_the_fit(bg, history):
    each = bgnbd.log_likelihood(bg.parameters, history)
    assert each.sum() == pytest.approx(bg.log_likelihood, abs=1e-6)


@pytest.mark.parametrize(
    ("x", "t_x", "expected", "tolerance"), [(0, 0, -0.59947, 1e-5), (200, 38, 100.7957, 1e-4)]
)
def test_the_likelihood_survives_long_histories(x, t_x, expected, tolerance):
    # Note 027, the #NUM! problem.
    parameters = Parameters(r=0.25, alpha=4, a=0.8, b=2.5)
    found = bgnbd.log_likelihood(parameters, one(x, t_x, 40))
    assert found == pytest.approx(expected, abs=tolerance)


def test_expected_orders_of_a_new_customer(bg):
    # Note 004, spreadsheet.
    weeks = [0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0]
    expected = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert bgnbd.expected_orders(bg.parameters, weeks) == pytest.approx(expected, abs=5e-4)
    # CLVTools.
    assert bgnbd.expected_orders(bg.parameters, 52.0) == pytest.approx(1.444004, abs=1e-3)


def test_expected_orders_of_a_known_customer(bg):
    # Note 004, spreadsheet; customer 1 of the sample.
    customer = one(2, 30.43, 38.86)
    assert bgnbd.conditional_orders(bg.parameters, customer, t=39) == pytest.approx(1.226, abs=1e-3)
    assert bgnbd.p_alive(bg.parameters, customer) == pytest.approx(0.7266, abs=1e-3)


def test_expected_orders_of_the_heaviest_customer(bg):
    # BTYD vignette, customer 1516.
    customer = one(26, 30.857143, 31.0)
    assert bgnbd.conditional_orders(bg.parameters, customer, t=52) == pytest.approx(
        25.757, rel=1e-3
    )
    assert bgnbd.p_alive(bg.parameters, customer) == pytest.approx(0.96885, rel=1e-3)


def test_more_orders_before_the_same_silence_promise_less(bg):
    # BTYD vignette, the increasing frequency paradox.
    x = np.array([10, 15, 20, 25])
    history = History(x, np.full(4, 20.0), np.full(4, 39.0))
    expected = [0.3474606, 0.04283391, 0.004158973, 0.0003583685]
    assert bgnbd.conditional_orders(bg.parameters, history, t=52) == pytest.approx(
        expected, rel=0.01
    )


def test_expected_holdout_orders_by_calibration_frequency(bg, history, held_out):
    # BTYD vignette, x = 0 … 6, 7+.
    expected = bgnbd.conditional_orders(bg.parameters, history, t=39)
    group = np.minimum(history.x, 7).astype(int)
    customers = np.bincount(group)
    assert customers.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert np.bincount(group, weights=held_out) / customers == pytest.approx(
        [0.2367, 0.697, 1.3925, 1.56, 2.5323, 2.9474, 3.8621, 6.3594], abs=2e-3
    )
    assert np.bincount(group, weights=expected) / customers == pytest.approx(
        [0.2251, 0.5231, 1.0441, 1.5203, 2.1638, 2.6538, 3.504, 6.157], abs=2e-3
    )
    assert expected.sum() == pytest.approx(1653.41, rel=2e-4)
    # FHL section 5: individual correlation .626.
    assert np.corrcoef(expected, held_out)[0, 1] == pytest.approx(0.626, abs=1e-3)


def test_expected_customers_by_number_of_orders(bg, history):
    # BTYD vignette, calibration histogram; its last group is 7 … 29, the most anybody bought.
    ages, customers = np.unique(history.T, return_counts=True)
    assert history.x.max() == 29
    tails = np.array([1, 2, 3, 4, 5, 6, 7, 30])
    chance = np.array(
        [
            [bgnbd.MODEL.at_least(bg.parameters, n, NEW_CUSTOMER, t=age)[0] for n in tails]
            for age in ages
        ]
    )
    found = -np.diff(np.column_stack([np.ones(len(ages)), chance]), axis=1).T @ customers
    assert found == pytest.approx(
        [1407.68, 460.32, 192.46, 101.17, 59.85, 38.12, 25.55, 71.23], abs=0.1
    )


def test_the_chance_of_a_number_of_orders():
    # BTYD, bgnbd.pmf at the rounded estimates.
    none = 1 - bgnbd.MODEL.at_least(ROUNDED, 1, NEW_CUSTOMER, t=39)
    assert none == pytest.approx(0.5737864, abs=1e-6)
    ten, eleven = (bgnbd.MODEL.at_least(ROUNDED, n, NEW_CUSTOMER, t=2) for n in (10, 11))
    assert ten - eleven == pytest.approx(1.07869e-07, rel=1e-4)


def test_one_time_buyers_are_never_doubted(bg, history):
    alive = bgnbd.p_alive(bg.parameters, history)
    assert np.all(alive[history.x == 0] == 1)
    assert np.all(alive[history.x > 0] < 1)
