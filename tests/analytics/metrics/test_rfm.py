import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics.errors import NotEnoughData
from analytics.metrics.rfm import cut_points, quintiles, scores


def test_equal_values_share_a_score_however_many_tie():
    # Four of ten bought once: NTILE would give them two different scores.
    frequency = np.array([1, 1, 1, 1, 2, 2, 3, 3, 5, 9])
    assert quintiles(frequency) == (1, 1, 2, 3)
    cuts = cut_points(recency_days=frequency, frequency=frequency, monetary=frequency)
    found = scores(cuts, recency_days=frequency, frequency=frequency, monetary=frequency)
    assert found.frequency.tolist() == [1, 1, 1, 1, 3, 3, 4, 4, 5, 5]


def test_the_most_recent_buyers_score_best():
    days = np.arange(0, 100)
    cuts = cut_points(recency_days=days, frequency=days, monetary=days)
    found = scores(cuts, recency_days=[0, 19, 20, 99, 400], frequency=[0] * 5, monetary=[99] * 5)
    assert found.recency.tolist() == [5, 5, 4, 1, 1]
    assert found.frequency.tolist() == [1] * 5
    assert found.monetary.tolist() == [5] * 5


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_scores_lie_between_one_and_five_and_follow_the_value(values):
    numbers = np.array(values)
    cuts = cut_points(recency_days=numbers, frequency=numbers, monetary=numbers)
    found = scores(cuts, recency_days=numbers, frequency=numbers, monetary=numbers)
    order = np.argsort(numbers)
    assert set(found.monetary) | set(found.recency) <= {1, 2, 3, 4, 5}
    assert np.all(np.diff(found.monetary[order]) >= 0)
    assert np.all(np.diff(found.recency[order]) <= 0)


def test_nobody_has_no_cut_points():
    with pytest.raises(NotEnoughData):
        quintiles([])
