"""Wilson's interval; the figures are those of statsmodels 0.15."""

import pytest

from analytics.metrics.proportions import share_of


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 5, 0.0, 0.43448246478317487),
        (1, 5, 0.036224108632430196, 0.6244653702374748),
        (40, 100, 0.30940128643245896, 0.49799741320893826),
        (100, 100, 0.9630065017930143, 1.0),
        (3, 100_000, 1.0202758544517348e-05, 8.820804925176734e-05),
    ],
)
def test_the_interval_is_wilsons(part, whole, low, high):
    found = share_of(part, whole)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert found.share == part / whole


def test_a_share_of_nobody_is_no_figure():
    assert share_of(0, 0).share is None
