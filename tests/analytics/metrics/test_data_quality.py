from datetime import date, timedelta
from math import inf

import numpy as np
import pytest

from analytics.metrics.data_quality import (
    Level,
    Refunds,
    amount_limit,
    gaps,
    level_of_unmatched,
)

FIRST = date(2026, 1, 5)  # a Monday


def orders(days, per_day=lambda day: 8):
    return {
        FIRST + timedelta(days=number): per_day(FIRST + timedelta(days=number))
        for number in range(days)
    }


def test_empty_days_of_a_busy_shop_are_a_gap():
    known = orders(100)
    for number in (40, 41, 42, 70):
        del known[FIRST + timedelta(days=number)]
    (gap,) = gaps(known, first=FIRST, last=FIRST + timedelta(days=99))
    # One day of eight orders may be empty by chance; three in a row are not.
    assert (gap.first, gap.days, gap.missing) == (FIRST + timedelta(days=40), 3, 24)


def test_weekends_of_a_shop_that_is_closed_are_no_gap():
    known = orders(70, per_day=lambda day: 0 if day.weekday() > 4 else 50)
    assert gaps(known, first=FIRST, last=FIRST + timedelta(days=69)) == []


def test_days_missing_at_the_end_are_a_gap_and_no_orders_are_none():
    (gap,) = gaps(orders(50), first=FIRST, last=FIRST + timedelta(days=60))
    assert gap.last == FIRST + timedelta(days=60)
    assert gaps({}, first=FIRST, last=FIRST + timedelta(days=60)) == []


def test_chance_alone_raises_no_gap():
    generator = np.random.default_rng(1)
    for _shop in range(20):
        draws = generator.poisson(3, 365)
        known = {FIRST + timedelta(days=n): int(draw) for n, draw in enumerate(draws) if draw}
        assert gaps(known, first=FIRST, last=FIRST + timedelta(days=364)) == []


@pytest.mark.parametrize(
    ("lower", "upper", "limit"), [(100, 200, 1600), (0, 50, 500), (80, 80, 800), (0, 0, inf)]
)
def test_the_limit_of_usual_amounts(lower, upper, limit):
    assert amount_limit(lower, upper) == limit


def test_the_fence_lets_log_normal_amounts_pass():
    amounts = np.exp(np.random.default_rng(3).normal(9, 0.8, 100_000))
    assert np.count_nonzero(amounts > amount_limit(*np.quantile(amounts, [0.25, 0.75]))) <= 3


@pytest.mark.parametrize(
    ("refunds", "is_high"),
    [
        (Refunds(1000, 90, 10_000, 300), True),
        (Refunds(1000, 32, 10_000, 300), False),  # hardly more than usual
        (Refunds(20, 2, 10_000, 300), False),  # chance
        (Refunds(0, 0, 10_000, 300), False),
        (Refunds(1000, 90, 0, 0), False),  # nothing to compare with
        (Refunds(10, 10, 10, 10), False),
    ],
)
def test_refunds_above_normal(refunds, is_high):
    assert refunds.is_high is is_high


@pytest.mark.parametrize(
    ("share", "level"),
    [(None, Level.GOOD), (0.05, Level.GOOD), (0.2, Level.MIND), (0.5, Level.BAD)],
)
def test_orders_without_a_customer_matter_from_a_tenth_on(share, level):
    assert level_of_unmatched(share) == level
