"""The test behind the harm guard: against published figures, and by living through it."""

import numpy as np
import pytest

from bench._looks import constant
from broadcasts.policy.sequential import (
    BASE_ALPHA,
    BOUND,
    CEILING,
    FALSE_ALARM,
    FLOOR,
    LEAST_LOSSES,
    Stratum,
    base_rate,
    judge,
    limit_of,
    log_evidence,
)

# Two-sided 5 %, as published (Jennison and Turnbull, Group Sequential Methods, tables 2.1 and 2.3).
POCOCK = {2: 2.178, 3: 2.289, 4: 2.361, 5: 2.413, 10: 2.555}
OBRIEN_FLEMING = {2: 1.977, 3: 2.004, 4: 2.024, 5: 2.040, 10: 2.087}


@pytest.mark.parametrize("looks", POCOCK)
def test_the_constants_of_planned_looks_are_the_published_ones(looks):
    assert constant(looks, "pocock", alpha=0.05) == pytest.approx(POCOCK[looks], abs=0.002)
    assert constant(looks, "obrien_fleming", alpha=0.05) == pytest.approx(
        OBRIEN_FLEMING[looks], abs=0.002
    )


def test_the_limit_of_one_kind_of_customer_is_garwoods_exact_one():
    # 10 events: the upper 97.5 % limit is 18.39, the upper 99 % limit 20.14 (Garwood 1936; tables
    # of the Poisson distribution give P(X ≤ 10 | 20.14) = 0.01).
    base = base_rate([Stratum(touched=50, days=10_000, losses=10)])
    assert base.rate == pytest.approx(0.001)
    assert base.upper * 10_000 == pytest.approx(20.14, abs=0.01)
    assert BASE_ALPHA == 0.01


def test_kinds_weigh_as_they_were_touched():
    lively, steady = Stratum(90, 100_000, 400), Stratum(10, 900_000, 100)
    base = base_rate([lively, steady])
    assert base.rate == pytest.approx(0.9 * 400 / 100_000 + 0.1 * 100 / 900_000)
    assert base.rate < base.upper < base.rate * 1.2


def test_a_kind_hardly_watched_is_judged_by_all_together():
    rare = base_rate([Stratum(100, 5, 2), Stratum(0, 999_995, 998)])
    assert rare.rate == pytest.approx(0.001)
    assert rare.upper < 0.0012


@pytest.mark.parametrize(
    "strata",
    [[], [Stratum(10, 0, 0)], [Stratum(10, 30, 0)], [Stratum(10, 30, 9)]],
    ids=["nobody", "no past", "a month of one customer", "a wild month of one customer"],
)
def test_a_young_corp_is_judged_by_the_ceiling(strata):
    assert base_rate(strata).upper == CEILING
    # Not blind: a tenth of 200 customers is noticed.
    assert judge(touched=200, losses=20, base=base_rate(strata)).is_over


def test_a_past_without_any_loss_lets_no_single_unfriend_stop_a_broadcast():
    base = base_rate([Stratum(1, 10_000_000, 0)])
    assert (base.rate, base.upper) == (FLOOR, FLOOR)
    for touched in (1, 2, 1_000):
        assert not judge(touched=touched, losses=1, base=base).is_over
        assert limit_of(touched * base.upper) >= LEAST_LOSSES


def test_limit_and_evidence_say_the_same():
    for usual in (0.01, 0.4, 3, 40, 900):
        limit = limit_of(usual)
        assert log_evidence(limit, usual) >= BOUND or limit == LEAST_LOSSES
        assert log_evidence(limit - 1, usual) < BOUND or limit == LEAST_LOSSES


@pytest.mark.parametrize("rate", [0.0005, 0.004])
def test_false_alarms_stay_within_their_bound_however_often_one_looks(rate):
    """400 broadcasts to 20,000 customers each without any effect, looked at after every fifty."""
    chance = np.random.default_rng(1939)
    broadcasts, looks, group = 400, 400, 50
    days = 200_000
    past = chance.poisson(rate * days, broadcasts)
    upper = np.array([base_rate([Stratum(1, days, int(lost))]).upper for lost in past])
    losses = chance.binomial(group, rate, (broadcasts, looks)).cumsum(axis=1)
    usual = np.outer(upper, group * np.arange(1, looks + 1))
    over = (log_evidence(losses, usual) >= BOUND) & (losses >= LEAST_LOSSES)
    alarms = int(over.any(axis=1).sum())
    # The bound is 8 of 400; 14 would happen to one in a hundred such runs if it were used up.
    assert FALSE_ALARM * broadcasts == pytest.approx(8)
    assert alarms <= 8


def test_a_tenfold_loss_is_noticed_soon():
    base = base_rate([Stratum(1, 1_000_000, 500)])
    touched = next(
        n for n in range(1, 10_000) if judge(touched=n, losses=n // 200, base=base).is_over
    )
    assert touched <= 1_000
