"""Rates per person and day with Garwood's interval; the bounds are those of R's poisson.test."""

import pytest

from analytics.metrics.hazard import hazard
from analytics.metrics.survival import Durations


def test_ends_are_divided_by_the_days_watched():
    # Three leave on their first day, one on day 9, six are watched for 20 days.
    found = hazard(Durations.of([0] * 3 + [9] + [19] * 6, [1] * 4 + [0] * 6), bands=(0, 1, 7))
    assert [(band.first, band.end, band.events) for band in found] == [
        (0, 1, 3),
        (1, 7, 0),
        (7, None, 1),
    ]
    assert [band.person_days for band in found] == [10, 42, 3 + 6 * 13]
    assert found[0].rate == 0.3


def test_the_interval_is_exact():
    # poisson.test(5, 1000): 0.001623, 0.011668.
    (band,) = hazard(Durations.of([99] * 10, [1] * 5 + [0] * 5), bands=(0,))
    assert (band.events, band.person_days) == (5, 1000)
    assert (band.low, band.high) == pytest.approx((0.0016235, 0.0116683), abs=1e-6)


def test_a_band_nobody_was_watched_in_has_no_rate():
    found = hazard(Durations.of([2], [1]), bands=(0, 10))
    assert (found[1].person_days, found[1].rate, found[1].high) == (0, None, None)
    assert all(band.rate is None for band in hazard(Durations.of([], [])))
