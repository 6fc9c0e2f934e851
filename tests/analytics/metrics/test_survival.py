"""Kaplan–Meier and log-rank against R's survival package on the textbook example.

Remission of leukemia patients in weeks (Freireich et al. 1963, Blood 21, 699–716).
"""

import numpy as np
import pytest

from analytics.metrics.errors import NotEnoughData
from analytics.metrics.survival import Durations, kaplan_meier, log_rank, shares_left

DRUG = [10, 7, 32, 23, 22, 6, 16, 34, 32, 25, 11, 20, 19, 6, 17, 35, 6, 13, 9, 6, 10]
DRUG_SEEN = [1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0]
CONTROL = [1, 22, 3, 12, 8, 17, 2, 11, 8, 12, 2, 5, 4, 15, 8, 23, 5, 11, 4, 1, 8]


@pytest.fixture
def drug():
    return Durations.of(DRUG, DRUG_SEEN)


@pytest.fixture
def control():
    return Durations.of(CONTROL, [True] * len(CONTROL))


def test_the_curve_is_the_textbook_one(drug):
    curve = kaplan_meier(drug)
    assert curve.time.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.events.tolist() == [3, 1, 1, 1, 1, 1, 1]
    survival = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve.survival == pytest.approx(survival, abs=6e-5)
    assert curve.median == 23


def test_the_interval_is_greenwoods_on_the_log_log_scale(drug):
    curve = kaplan_meier(drug)
    se = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert curve.se == pytest.approx(se, abs=6e-5)
    lower = [0.6197, 0.5631, 0.5032, 0.4316, 0.3675, 0.2678, 0.1881]
    assert curve.lower == pytest.approx(lower, abs=6e-5)
    upper = [0.9516, 0.9228, 0.8894, 0.8491, 0.8049, 0.7468, 0.6801]
    assert curve.upper == pytest.approx(upper, abs=6e-5)


def test_a_curve_without_censoring_ends_at_zero(control):
    curve = kaplan_meier(control)
    assert curve.time.tolist() == [1, 2, 3, 4, 5, 8, 11, 12, 15, 17, 22, 23]
    assert curve.survival == pytest.approx(
        [
            *(0.9048, 0.8095, 0.7619, 0.6667, 0.5714, 0.3810),
            *(0.2857, 0.1905, 0.1429, 0.0952, 0.0476, 0.0),
        ],
        abs=6e-5,
    )
    assert curve.median == 8
    assert np.isnan(curve.lower[-1])
    assert np.isnan(curve.upper[-1])


def test_the_curve_can_be_read_at_any_time(drug):
    assert kaplan_meier(drug).at([0, 6, 6.5, 100]) == pytest.approx([1, 6 / 7, 6 / 7, 0.4482], 1e-3)


def test_the_log_rank_test_tells_the_drug_from_the_control(drug, control):
    found = log_rank([drug, control])
    assert found.chi_square == pytest.approx(16.79, abs=0.01)
    assert found.degrees == 1
    assert found.p_value < 1e-4


def test_three_groups_have_two_degrees_of_freedom(drug, control):
    found = log_rank([drug, control, drug])
    assert found.degrees == 2
    assert found.chi_square > 16


def test_grouping_in_sql_or_here_is_the_same(drug):
    rows = Durations(time=drug.time, events=drug.events * 1000, censored=drug.censored * 1000)
    assert kaplan_meier(rows).survival == pytest.approx(kaplan_meier(drug).survival, rel=1e-12)


def test_while_more_than_half_survive_there_is_no_median():
    assert np.isnan(kaplan_meier(Durations.of([1, 2, 3], [1, 0, 0])).median)


def test_nobody_makes_no_curve():
    with pytest.raises(NotEnoughData):
        kaplan_meier(Durations.of([], []))


def test_groups_never_seen_together_cannot_be_compared():
    early, late = Durations.of([1, 2], [0, 0]), Durations.of([5, 6], [1, 1])
    with pytest.raises(NotEnoughData):
        log_rank([early, late])


def test_the_shares_of_many_groups_at_once_are_those_of_their_curves():
    drawn = np.random.default_rng(1)
    # Few and many, without an end, with nobody left, and with nobody at all.
    ended, censored = drawn.integers(0, 4, (2, 40, 32)) * drawn.integers(0, 2, (2, 40, 1))
    ended[0, -1], censored[1] = 0, 0
    shares, lows, highs = shares_left(ended, censored)
    days = np.arange(32.0)
    for group in range(40):
        if not (ended[group] + censored[group]).sum():
            assert (shares[group], np.isnan(lows[group])) == (1, True)
            continue
        # What lies in the last column lasts longer than is asked about.
        curve = kaplan_meier(Durations(days, ended[group], censored[group]))
        place = int((curve.time <= 30).sum()) - 1
        assert shares[group] == pytest.approx(curve.at([30])[0])
        if place < 0:
            assert np.isnan([lows[group], highs[group]]).all()
        else:
            bounds = [curve.lower[place], curve.upper[place]]
            assert [lows[group], highs[group]] == pytest.approx(bounds, nan_ok=True)
