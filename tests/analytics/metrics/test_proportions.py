"""Wilson's interval against statsmodels."""

import pytest
from statsmodels.stats.proportion import proportion_confint

from analytics.metrics.proportions import share_of


@pytest.mark.parametrize(("part", "whole"), [(0, 5), (1, 5), (40, 100), (100, 100), (3, 100_000)])
def test_the_interval_is_wilsons(part, whole):
    found = share_of(part, whole)
    low, high = proportion_confint(part, whole, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert found.share == part / whole


def test_a_share_of_nobody_is_no_figure():
    assert share_of(0, 0).share is None
