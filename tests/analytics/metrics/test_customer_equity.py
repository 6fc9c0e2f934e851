import numpy as np
import pytest

from analytics.metrics import gamma_gamma, mbgnbd
from analytics.metrics.customer_equity import equity, newcomer_value, usual_order_value
from analytics.metrics.drop_out import Parameters
from analytics.metrics.ltv import Terms


def test_equity_is_the_sum_with_the_error_of_the_whole():
    found = equity(np.array([10.0, *[1.0] * 9, 0.0]), error=0.2)
    assert (found.customers, found.total) == (11, 19)
    assert (found.low, found.high) == pytest.approx((15.2, 22.8))
    # Two of eleven are the best tenth, rounded up.
    assert found.best_tenth == pytest.approx(11 / 19)


def test_where_nothing_is_expected_nobody_holds_a_share():
    assert equity(np.zeros(3), error=0.2).best_tenth is None
    assert equity(np.array([]), error=0.2).total == 0


def test_a_newcomer_brings_the_first_order_and_what_the_model_expects(mbg):
    terms = Terms(horizon=52.0, period=52.0, margin=0.5)
    repeats = float(mbgnbd.expected_orders(mbg.parameters, 52.0))
    found = newcomer_value(mbgnbd.MODEL, mbg.parameters, 30.0, 25.0, terms)
    assert found == pytest.approx(0.5 * (25 + 30 * repeats))


def test_at_a_of_one_a_newcomer_has_a_value():
    found = newcomer_value(mbgnbd.MODEL, Parameters(0.5, 6, 1.0, 1.6), 1.0, 0.0, Terms(39.0))
    assert 0 < found < 39


def test_without_a_mean_of_the_model_the_shops_mean_serves():
    heavy = gamma_gamma.Parameters(p=1.0, q=0.6, v=1.0)
    assert usual_order_value(heavy, 7.0) == usual_order_value(None, 7.0) == 7.0
