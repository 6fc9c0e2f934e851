import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics.arrays import distinct, distinct_pairs


@given(st.lists(st.integers(0, 50), min_size=1))
@pytest.mark.parametrize("per", [1, 7, np.pi])
def test_distinct_values_and_their_places_are_those_of_a_sort(per, days):
    values = np.array(days) / per
    unique, index = distinct(values)
    expected, places = np.unique(values, return_inverse=True)
    assert np.array_equal(unique, expected)
    assert np.array_equal(index, places)


def test_nothing_has_no_distinct_values():
    unique, index = distinct(np.array([]))
    assert (unique.size, index.size) == (0, 0)


def test_pairs_are_given_back_by_their_places():
    first, second = np.array([3.0, 0.0, 3.0, 3.0]), np.array([2 / 7, 1.0, 2 / 7, 1.0])
    left, right, index = distinct_pairs(first, second)
    assert len(left) == 3
    assert np.array_equal(left[index], first)
    assert np.array_equal(right[index], second)
