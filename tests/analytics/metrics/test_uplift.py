"""Uplift against a hold-out: statsmodels 0.15 and scipy figures as constants, and the edges."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from scipy.special import stdtrit

from analytics.metrics.moments import Moments
from analytics.metrics.uplift import (
    LEAST_EVENTS,
    Verdict,
    cap_of,
    detectable,
    difference,
    linearised,
    ratio_p_value,
    relative,
    sample_per_arm,
    theta_of,
    uplift,
)

TREATED = [0, 0, 120, 80, 0, 310, 45, 0, 95, 150]
TREATED_BEFORE = [10, 0, 90, 60, 5, 250, 40, 0, 70, 130]
HELD = [0, 30, 0, 75, 0, 140, 20, 0]
HELD_BEFORE = [0, 35, 10, 80, 0, 160, 15, 5]
EXACT = {"rel": 0, "abs": 1e-6}


@pytest.fixture
def treated():
    return Moments.of(TREATED, TREATED_BEFORE)


@pytest.fixture
def held():
    return Moments.of(HELD, HELD_BEFORE)


def drawn(n, *, buyers, fen=10_000, seed=5):
    """An arm in which so many bought, for an amount that varies."""
    amounts = np.random.default_rng(seed).gamma(4, fen / 4, buyers)
    return Moments.of(amounts).among(n)


def test_welch_is_that_of_statsmodels(treated, held):
    """CompareMeans(…).std_meandiff_separatevar, tconfint_diff and ttest_ind, usevar="unequal"."""
    found = difference(treated, held, adjust=False)
    assert found.effect == pytest.approx(46.875, **EXACT)
    assert found.error == pytest.approx(35.74162891780973, **EXACT)
    assert found.low == pytest.approx(-29.801715674254837, **EXACT)
    assert found.high == pytest.approx(123.55171567425484, **EXACT)
    assert found.p_value == pytest.approx(0.21084539121118465, **EXACT)
    assert found.freedom == pytest.approx(13.963998513259098, **EXACT)


def test_cuped_is_the_regression_on_arm_and_covariate(treated, held):
    """OLS(y ~ 1 + arm + x).params, and CompareMeans on y − θ(x − x̄)."""
    found = difference(treated, held)
    assert found.theta == pytest.approx(1.15015753, abs=1e-8)
    assert found.effect == pytest.approx(15.38943752, abs=1e-8)
    assert found.error == pytest.approx(6.328265314123731, **EXACT)
    assert found.low == pytest.approx(1.644986299523465, **EXACT)
    assert found.high == pytest.approx(29.133888740165233, **EXACT)
    assert found.p_value == pytest.approx(0.031102165658925006, **EXACT)
    assert found.freedom == pytest.approx(12.353682681792963, **EXACT)
    assert found.variance_saved == pytest.approx(1 - (6.328265314 / 35.741628918) ** 2, abs=1e-9)


def test_the_sample_of_equal_arms_is_the_textbook_one():
    """NormalIndPower().solve_power(0.1) is 1569.77, of an eighth of a deviation 1004.65."""
    assert sample_per_arm(1.0, 0.1) == 1570
    assert sample_per_arm(400.0, -50.0) == 1005


def test_no_sample_finds_nothing():
    with pytest.raises(ValueError, match="effect of 0"):
        sample_per_arm(1.0, 0.0)


def test_with_the_sample_asked_for_the_effect_is_detectable():
    values = np.random.default_rng(1).normal(0, 400, 1_005)
    scaled = (values - values.mean()) / values.std(ddof=1) * 400
    arm = Moments.of(scaled)
    assert detectable(difference(arm, arm)) == pytest.approx(50, rel=1e-3)


def test_a_ratio_over_groups_has_the_cluster_robust_error():
    """OLS(y ~ 1).fit(cov_type="cluster", use_correction=False) has mean 13.59090909, error 1.2323302;
    here n − 1 groups take the place of n.
    """
    sizes = [3, 5, 2, 8, 4]
    spent = [17 + 13 + 11, 17 + 11 + 24 + 18 + 16, 5 + 2, 5 + 19 + 16 + 4 + 19 + 8 + 8 + 31, 55]
    arm = Moments.of(linearised(spent, sizes))
    assert arm.mean == pytest.approx(13.59090909, abs=1e-8)
    assert (arm.variance / arm.n * 4 / 5) ** 0.5 == pytest.approx(1.2323302, abs=1e-7)


def test_groups_without_members_add_nothing():
    assert linearised([0, 0], [0, 0]).tolist() == [0, 0]


def test_moments_merge_without_loss():
    whole = Moments.of(TREATED + HELD, TREATED_BEFORE + HELD_BEFORE)
    merged = Moments.of(TREATED, TREATED_BEFORE) + Moments.of(HELD, HELD_BEFORE)
    for name in ("n", "mean", "squares", "x_mean", "x_squares", "products", "events"):
        assert getattr(merged, name) == pytest.approx(getattr(whole, name), rel=1e-12), name


def test_the_many_without_an_order_are_added_as_zeros():
    assert Moments.of([5, 7], [1, 2]).among(5).squares == pytest.approx(
        Moments.of([5, 7, 0, 0, 0], [1, 2, 0, 0, 0]).squares
    )
    assert Moments().among(0) == Moments()
    assert Moments.share(3, 10).variance == pytest.approx(np.var([1] * 3 + [0] * 7, ddof=1))
    assert Moments.share(0, 0) == Moments.of([]) == Moments()


def test_the_relative_uplift_is_the_effect_over_what_the_others_did(treated, held):
    held = replace(held, squares=held.squares / 10)
    found = difference(treated, held, adjust=False)
    share, low, high = relative(treated, held, found)
    assert share == pytest.approx(80 / 33.125 - 1)
    reach = float(stdtrit(found.freedom, 0.975))
    for bound in (1 + low, 1 + high):
        error = (treated.variance / 10 + bound**2 * held.variance / 8) ** 0.5
        assert abs(80 - bound * 33.125) / error == pytest.approx(reach, abs=1e-6)


def test_the_relative_uplift_leaves_0_out_when_the_difference_does():
    arms = drawn(9_000, buyers=600), drawn(1_000, buyers=45, seed=6)
    found = uplift(*arms)
    assert found.difference.low > 0
    assert found.relative_low > 0


def test_without_a_hold_out_there_is_no_verdict():
    found = uplift(drawn(1_000, buyers=50), Moments())
    assert (found.verdict, found.difference, found.needed) == (Verdict.NO_HOLDOUT, None, None)
    assert found.total(1_000) is None
    assert not found.is_decided


def test_one_customer_decides_nothing():
    found = uplift(Moments.of([100]), Moments.of([0]))
    assert (found.verdict, found.difference) == (Verdict.OPEN, None)


def test_where_nobody_ordered_nothing_can_be_said():
    found = uplift(Moments(n=900), Moments(n=100))
    assert found.verdict is Verdict.OPEN
    assert (found.relative, found.needed) == (None, None)
    assert (found.difference.low, found.difference.high) == (0, 0)


def test_equal_values_leave_no_error():
    same = Moments.of([700.1] * 50, [300.3] * 50)
    found = uplift(same, same)
    assert found.difference.error == 0
    assert found.difference.p_value == 1
    assert found.verdict is Verdict.NONE
    assert theta_of(Moments.of([1, 2]), Moments.of([1, 2])) == 0


def test_a_large_effect_is_seen_and_a_harmful_one_too():
    more, less = drawn(9_000, buyers=900), drawn(1_000, buyers=40, seed=6)
    assert uplift(more, less).verdict is Verdict.MORE
    assert uplift(less, more).verdict is Verdict.LESS


def test_a_thin_hold_out_is_not_judged_however_large_the_effect():
    found = uplift(drawn(9_000, buyers=900), drawn(1_000, buyers=LEAST_EVENTS - 1))
    assert (found.verdict, found.is_thin) == (Verdict.OPEN, True)
    # The effect is seen already; what is missing is the tenth order, at the rate so far.
    assert found.needed == 1_112


def test_too_little_power_says_how_many_more_it_takes():
    found = uplift(drawn(2_000, buyers=100), drawn(2_000, buyers=100, seed=8))
    assert found.verdict is Verdict.OPEN
    more = (4_000 + found.needed) / 4_000
    grown = [
        replace(
            arm,
            n=round(arm.n * more),
            squares=arm.squares * more,
            x_squares=arm.x_squares * more,
            products=arm.products * more,
            events=round(arm.events * more),
        )
        for arm in (drawn(2_000, buyers=100), drawn(2_000, buyers=100, seed=8))
    ]
    assert uplift(*grown).verdict is Verdict.NONE


def test_enough_power_and_no_effect_is_a_decision():
    many, others = drawn(200_000, buyers=20_000), drawn(200_000, buyers=20_000, seed=9)
    assert uplift(many, others).verdict is Verdict.NONE


def test_a_giant_order_counts_as_the_99th_percentile_of_those_who_ordered():
    values = [0.0] * 5_000 + [float(n) for n in range(1, 1_000)] + [1e9]
    assert cap_of(values) == 990
    assert cap_of([0.0, 0.0]) == inf
    assert cap_of([]) == inf


def test_arms_that_are_not_as_drawn_are_noticed():
    """scipy.stats.chisquare([9100, 900], [9000, 1000])."""
    assert ratio_p_value(9_100, 900, 0.1) == pytest.approx(0.0008581206663936758, rel=1e-9)
    assert ratio_p_value(0, 0, 0.1) == 1
    assert ratio_p_value(1_000, 0, 0.0) == 1
