from datetime import date

import numpy as np

from analytics.metrics.purchases import merge_days
from analytics.metrics.repurchase import time_to_second_purchase, window_repurchase
from analytics.metrics.survival import kaplan_meier

from .test_purchases import lines

DAYS = merge_days(
    lines(
        *((1, "2025-01-05", 1), (1, "2025-02-05", 1), (1, "2025-02-20", 1)),
        *((2, "2025-02-03", 1), (2, "2025-02-03", 1)),
        *((3, "2025-01-31", 1), (3, "2025-02-28", 1)),
        (4, "2025-03-01", 1),
    )
)


def test_repurchase_counts_purchase_days_inside_the_window():
    found = window_repurchase(DAYS, first=date(2025, 2, 1), last=date(2025, 2, 28))
    assert (found.buyers, found.repeaters, found.returning) == (3, 1, 2)
    assert (found.rate, found.returning_share) == (1 / 3, 2 / 3)


def test_a_window_without_buyers_has_no_rate():
    found = window_repurchase(DAYS, first=date(2024, 1, 1), last=date(2024, 1, 31))
    assert found.buyers == 0
    assert np.isnan(found.rate)
    assert np.isnan(found.returning_share)


def test_waiting_for_the_second_purchase_is_censored_at_the_day_of_looking():
    found = time_to_second_purchase(DAYS, as_of=date(2025, 2, 10))
    assert found.time.tolist() == [7, 10, 31]
    assert found.events.tolist() == [0, 0, 1]
    assert found.censored.tolist() == [1, 1, 0]
    assert kaplan_meier(found).at(31) == 0


def test_before_the_first_order_nobody_waits():
    assert time_to_second_purchase(DAYS, as_of=date(2024, 1, 1)).time.size == 0


def test_every_customer_of_the_sample_waits_once(days):
    found = time_to_second_purchase(days, as_of=date(1998, 6, 30))
    assert found.at_risk[0] == 2357
    assert found.events.sum() == len(np.unique(days.customer[~days.is_first]))
