"""Expected orders of somebody alive: one number reached on independent ways."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics.expectation import at_least_if_alive, orders_if_alive


def summed_chances(shape, a, b, ratio, most=4000):
    """E[Y] = Σ P(Y ≥ n)."""
    numbers = (np.array([number]) for number in (shape, b, ratio))
    shape, b, ratio = numbers
    return sum(at_least_if_alive(n, shape, a, b, ratio)[0] for n in range(1, most))


def closed(shape, a, b, ratio):
    shape, b, ratio = (np.array([float(number)]) for number in (shape, b, ratio))
    return orders_if_alive(shape, a, b, ratio)[0]


@pytest.mark.parametrize("a", [1.0, 1 - 1e-12, 1.0001, 0.9905, 1.0099])
@pytest.mark.parametrize(("shape", "b", "ratio"), [(0.3, 2.4, 8.0), (5.2, 7.0, 1.0), (90, 91, 0.4)])
def test_nothing_happens_at_a_equal_to_one(a, shape, b, ratio):
    assert closed(shape, a, b, ratio) == pytest.approx(summed_chances(shape, a, b, ratio), rel=1e-7)


@pytest.mark.parametrize("a", [0.2, 0.5, 0.8])
def test_nothing_happens_where_a_and_b_add_up_to_one(a):
    found = closed(0.4, a, 1 - a, 3.0)
    assert found == pytest.approx(summed_chances(0.4, a, 1 - a, 3.0), rel=1e-7)


@pytest.mark.parametrize(
    ("shape", "a", "b", "ratio"),
    [
        (400.3, 0.5, 402.0, 12.0),  # the closed form overflows, Euler's form does not
        (0.66, 0.53, 251.0, 419.0),  # both fail, the sum is left
        (0.01, 1e-4, 1e4, 1e-3),
        (5000.2, 3.0, 5001.0, 0.01),
    ],
)
def test_extreme_customers_have_an_expectation(shape, a, b, ratio):
    found = closed(shape, a, b, ratio)
    assert found == pytest.approx(summed_chances(shape, a, b, ratio, 60_000), rel=1e-6)


@pytest.mark.filterwarnings("error")
@settings(max_examples=200, deadline=None)
@given(
    shape=st.floats(0.01, 300),
    a=st.floats(1e-4, 100),
    b=st.floats(0.01, 300),
    ratio=st.floats(1e-3, 50),
)
def test_expected_orders_lie_between_none_and_those_of_somebody_who_never_leaves(
    shape, a, b, ratio
):
    assert 0 <= closed(shape, a, b, ratio) <= shape * ratio * (1 + 1e-6)


@settings(max_examples=100, deadline=None)
@given(
    shape=st.floats(0.05, 50),
    a=st.floats(0.01, 20),
    b=st.floats(0.05, 50),
    ratio=st.floats(0.01, 10),
)
def test_a_longer_horizon_never_promises_less(shape, a, b, ratio):
    shorter, longer = closed(shape, a, b, ratio), closed(shape, a, b, ratio * 1.1)
    assert longer >= shorter * (1 - 1e-9)
