from datetime import date

import numpy as np
import pytest

from analytics.metrics.churn import Thresholds, monthly_churn, thresholds
from analytics.metrics.purchases import merge_days
from analytics.metrics.repurchase import gaps

from .test_purchases import lines


def test_the_shops_own_gaps_set_the_thresholds():
    found = thresholds(np.repeat(np.arange(1, 101), 3))
    assert found == Thresholds(silent_days=80, lost_days=95, is_learned=True)


def test_too_few_repurchases_leave_the_defaults():
    assert thresholds(np.full(199, 7)) == Thresholds(45, 120, is_learned=False)


def test_lost_is_always_later_than_silent():
    found = thresholds(np.full(500, 30))
    assert (found.silent_days, found.lost_days) == (30, 31)


def test_gaps_lie_between_purchase_days_of_one_customer():
    days = merge_days(
        lines(
            (1, "2025-01-01", 1), (1, "2025-01-11", 1), (1, "2025-01-11", 1), (2, "2025-02-01", 1)
        )
    )
    assert gaps(days).tolist() == [10]


def test_a_customer_is_lost_once_in_the_month_the_gap_grows_too_long():
    days = merge_days(
        lines(
            # lost on 31 January (30 days after the first), back in March, lost again in April
            *((1, "2025-01-01", 1), (1, "2025-03-05", 1), (1, "2025-03-20", 1)),
            # never lost
            *((2, day, 1) for day in ("2025-01-10", "2025-02-01", "2025-03-01", "2025-03-25")),
            (2, "2025-04-20", 1),
        )
    )
    found = monthly_churn(days, lost_days=29, as_of=date(2025, 4, 29))
    assert [(month.month, month.at_start, month.lost) for month in found] == [
        (date(2025, 1, 1), 0, 0),
        (date(2025, 2, 1), 1, 0),
        (date(2025, 3, 1), 1, 0),
        (date(2025, 4, 1), 2, 1),
    ]
    assert [month.is_complete for month in found] == [True, True, True, False]
    assert found[-1].rate == 0.5
    assert np.isnan(found[0].rate)


def test_purchases_after_the_day_of_looking_are_not_known_yet():
    days = merge_days(lines((1, "2025-01-01", 1), (1, "2025-03-01", 1)))
    found = monthly_churn(days, lost_days=31, as_of=date(2025, 2, 10))
    assert [(month.at_start, month.lost) for month in found] == [(0, 0), (1, 1)]


def test_without_purchases_there_are_no_months():
    days = merge_days(lines((1, "2025-01-01", 1)))
    assert monthly_churn(days, lost_days=30, as_of=date(2024, 12, 1)) == []


def test_monthly_churn_counts_what_a_day_by_day_walk_counts():
    generator = np.random.default_rng(3)
    begin = np.datetime64("2025-01-01")
    customer = generator.integers(0, 40, 300)
    when = begin + generator.integers(0, 360, 300)
    days = merge_days(lines(*zip(customer, when, np.ones(300), strict=True)))
    for month in monthly_churn(days, lost_days=25, as_of=date(2025, 12, 31)):
        at_start, lost = _walk(customer, when, np.datetime64(month.month), 25)
        assert (month.at_start, month.lost) == (at_start, lost)


def _walk(customer, when, start, lost_days):
    following = (start.astype("datetime64[M]") + 1).astype("datetime64[D]")
    at_start = lost = 0
    for someone in np.unique(customer):
        own = when[customer == someone]
        before = own[own < start]
        if not before.size or start - before.max() > np.timedelta64(lost_days + 1, "D"):
            continue
        at_start += 1
        for day in np.arange(start, following):
            if day - own[own < day].max() > np.timedelta64(lost_days, "D"):
                lost += 1
                break
    return at_start, lost


@pytest.mark.parametrize("share", [0.8, 0.95])
def test_that_share_of_returns_has_happened_by_the_threshold(days, share):
    waits = gaps(days)
    found = thresholds(waits)
    threshold = found.silent_days if share == 0.8 else found.lost_days
    assert np.mean(waits <= threshold) >= share
    assert np.mean(waits <= threshold - 1) < share
