import pytest

from analytics.metrics.concentration import concentration


def test_where_all_bring_the_same_the_best_fifth_brings_a_fifth():
    found = concentration([5.0] * 20)
    assert found.of_best(0.2) == pytest.approx(0.2)
    assert found.gini == pytest.approx(0)


def test_where_one_brings_all_every_share_is_all():
    found = concentration([0.0] * 99 + [7.0])
    assert set(found.share) == {1.0}
    assert found.gini == pytest.approx(0.99)


def test_refunds_beyond_the_revenue_take_nothing_from_others():
    assert concentration([10.0, -5.0]).share[-1] == 1


@pytest.mark.parametrize("values", [[], [0.0, 0.0]])
def test_nothing_is_not_shared(values):
    found = concentration(values)
    assert (found.gini, found.of_best(0.2)) == (None, None)
