"""The comparison of versions: bounds against the published ones, and what it decides."""

import numpy as np
import pytest

from analytics.metrics.ab_test import LOOKS, bounds, compare, looks_passed
from analytics.metrics.moments import Moments
from analytics.metrics.uplift import LEAST_EVENTS


def test_the_bounds_are_those_of_lan_and_demets():
    """Five even looks, two-sided 0.05, the spending of O'Brien and Fleming."""
    assert bounds(5) == pytest.approx([4.877, 3.357, 2.680, 2.290, 2.031], abs=6e-4)


def test_one_look_at_the_end_needs_no_correction():
    assert bounds(1) == pytest.approx([1.959964], abs=1e-6)


def test_all_looks_together_err_with_the_stated_chance():
    steps = np.random.default_rng(3).normal(size=(100_000, LOOKS))
    z = steps.cumsum(axis=1) / np.sqrt(np.arange(1, LOOKS + 1))
    assert (np.abs(z) >= bounds()).any(axis=1).mean() == pytest.approx(0.05, abs=0.003)


def test_a_tiny_alpha_still_has_bounds():
    assert list(bounds(5, 1e-4)) == sorted(bounds(5, 1e-4), reverse=True)


@pytest.mark.parametrize(
    ("elapsed", "look"), [(-1, 0), (0, 0), (0.19, 0), (0.2, 1), (0.6, 3), (0.99, 4), (1, 5), (3, 5)]
)
def test_looks_are_even(elapsed, look):
    assert looks_passed(elapsed) == look


def test_nothing_is_compared_before_the_first_look():
    assert compare({"A": Moments.share(90, 100), "B": Moments.share(10, 100)}, look=0) == []


def test_a_clear_difference_is_decided_at_the_end_and_a_smaller_one_not_early():
    arms = {"A": Moments.share(300, 2_000), "B": Moments.share(240, 2_000)}
    early, late = compare(arms, look=1)[0], compare(arms, look=5)[0]
    assert (early.better, late.better) == ("", "A")
    assert early.bound > late.bound
    assert late.effect == pytest.approx(0.03)


def test_the_better_one_may_be_the_second():
    arms = {"A": Moments.share(100, 2_000), "B": Moments.share(240, 2_000)}
    assert compare(arms, look=5)[0].better == "B"


def test_more_versions_and_outcomes_ask_for_more():
    two = {"A": Moments.share(300, 2_000), "B": Moments.share(240, 2_000)}
    four = {**two, "C": Moments.share(270, 2_000), "D": Moments.share(270, 2_000)}
    assert len(compare(four, look=5)) == 6
    assert compare(four, look=5)[0].bound > compare(two, look=5)[0].bound
    assert compare(two, look=5, outcomes=2)[0].bound > compare(two, look=5)[0].bound


def test_few_events_and_empty_versions_decide_nothing():
    thin = {"A": Moments.share(500, 1_000), "B": Moments.share(LEAST_EVENTS - 1, 1_000)}
    assert compare(thin, look=5)[0].better == ""
    assert compare({"A": Moments(), "B": Moments()}, look=5)[0].better == ""
    assert compare({"A": Moments()}, look=5) == []
