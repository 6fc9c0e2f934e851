"""MBG/NBD (Batislam, Denizel, Filiztekin 2007) on CDNOW.

The figures are those on which R's BTYDplus 1.2.0 and Python's lifetimes 0.11.3 agree.
"""

import numpy as np
import pytest

from analytics.metrics import mbgnbd


def test_the_fit_is_that_of_other_software(mbg):
    expected = (0.52484, 6.18308, 0.89136, 1.61400)
    assert mbg.parameters == pytest.approx(expected, rel=2e-4)
    assert mbg.log_likelihood == pytest.approx(-9582.1357, abs=1e-3)


def test_expected_orders_of_the_holdout(mbg, history):
    expected = mbgnbd.conditional_orders(mbg.parameters, history, t=39)
    assert expected.sum() == pytest.approx(1576.73, rel=2e-4)


def test_one_time_buyers_are_doubted_more_the_longer_they_are_silent(mbg, history):
    once = history.x == 0
    alive = mbgnbd.p_alive(mbg.parameters, history)[once]
    assert alive.mean() == pytest.approx(0.4088, abs=1e-4)
    by_age = alive[np.argsort(history.T[once])]
    assert np.all(np.diff(by_age) <= 0)


def test_the_likelihood_per_customer_adds_up_to_that_of_the_fit(mbg, history):
    each = mbgnbd.log_likelihood(mbg.parameters, history)
    assert each.sum() == pytest.approx(mbg.log_likelihood, abs=1e-6)
