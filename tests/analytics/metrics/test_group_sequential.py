"""Bounds for several looks against Jennison and Turnbull (2000), tables 2.1 and 2.3, and Lan, DeMets."""

import numpy as np
import pytest

from analytics.metrics.group_sequential import (
    OBRIEN_FLEMING,
    POCOCK,
    chance_of_crossing,
    constant,
    spending_bounds,
    spends_evenly,
)

LOOKS = (2, 3, 4, 5, 10)


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        (POCOCK, (2.178, 2.289, 2.361, 2.413, 2.555)),
        (OBRIEN_FLEMING, (1.977, 2.004, 2.024, 2.040, 2.087)),
    ],
)
def test_the_constants_are_the_published_ones(shape, published):
    assert [constant(looks, 0.05, shape) for looks in LOOKS] == pytest.approx(published, abs=1e-3)


def test_the_bounds_by_spending_are_the_published_ones():
    late = [4.877, 3.357, 2.680, 2.290, 2.031]
    assert spending_bounds(5, 0.05) == pytest.approx(late, abs=6e-4)
    even = [2.438, 2.427, 2.410, 2.397, 2.386]
    assert spending_bounds(5, 0.05, spends_evenly) == pytest.approx(even, abs=6e-4)


def test_bounds_err_with_the_chance_they_were_made_for():
    assert chance_of_crossing(spending_bounds(7, 0.01)) == pytest.approx(0.01, abs=1e-6)
    # 1.96 at each of ten looks finds something where nothing is in one of five.
    assert chance_of_crossing([1.959964] * 10) == pytest.approx(0.193, abs=1e-3)


def test_a_tiny_alpha_still_has_bounds():
    bounds = spending_bounds(5, 1e-6)
    assert np.isfinite(bounds).all()
    assert list(bounds) == sorted(bounds, reverse=True)
