"""Several draws counted as one, and looks at any time."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from analytics.metrics.moments import Moments
from analytics.metrics.series import any_time_alpha, pooled
from analytics.metrics.uplift import difference, uplift


def test_one_draw_alone_is_itself():
    pair = Moments.of([1, 2, 3]), Moments.of([0, 2])
    assert pooled([pair]) == pair
    assert pooled([pair, (Moments.of([5]), Moments.of([1, 2]))]) == pair
    assert pooled([]) == (Moments(), Moments())


def test_draws_of_other_shares_are_compared_each_for_itself():
    """A share of half drawn among big spenders would look like harm if the arms were just joined."""
    random = np.random.default_rng(3)
    strata = []
    for level, treated, held in ((10, 900, 100), (100, 200, 200)):
        strata.append(
            tuple(
                Moments.of(random.normal(level + lift, 3, n), random.normal(level, 2, n))
                for n, lift in ((treated, 1), (held, 0))
            )
        )
    joined = difference(strata[0][0] + strata[1][0], strata[0][1] + strata[1][1], adjust=False)
    assert joined.effect < -20
    weights = (1000 / 1400, 400 / 1400)
    found = difference(*pooled(strata), adjust=False)
    each = [difference(*pair, adjust=False) for pair in strata]
    assert found.effect == pytest.approx(
        sum(w * one.effect for w, one in zip(weights, each, strict=True))
    )
    assert found.error == pytest.approx(
        sqrt(sum((w * one.error) ** 2 for w, one in zip(weights, each, strict=True)))
    )
    assert abs(found.effect - 1) < 3 * found.error
    assert uplift(*pooled(strata)).difference.error < 2 * found.error


def test_an_interval_for_any_time_leaves_the_truth_out_in_few_of_many_looks():
    random, looks = np.random.default_rng(1), [200, 300, 500, 800, 1200, 2000, 3000, 4000]
    wrong = {"any": 0, "one": 0}
    runs = 200
    for _run in range(runs):
        spent = np.where(random.random(4000) < 0.2, random.lognormal(4, 1, 4000), 0)
        is_treated = random.random(4000) < 0.5
        missed = {"any": False, "one": False}
        for n in looks:
            arms = Moments.of(spent[:n][is_treated[:n]]), Moments.of(spent[:n][~is_treated[:n]])
            for name, alpha in (("any", any_time_alpha(n, best_at=2000)), ("one", 0.05)):
                found = difference(*arms, alpha=alpha)
                missed[name] |= not found.low <= 0 <= found.high
        for name, is_missed in missed.items():
            wrong[name] += is_missed
    assert wrong["any"] <= 0.05 * runs
    assert wrong["one"] > 0.1 * runs


def test_few_units_give_a_wide_interval_but_a_finite_one():
    found = uplift(Moments.of([1, 2, 3]), Moments.of([0, 2]), alpha=any_time_alpha(5, best_at=2000))
    assert np.isfinite([found.difference.low, found.difference.high]).all()
    with pytest.raises(ValueError, match="nobody"):
        any_time_alpha(0, best_at=2000)
