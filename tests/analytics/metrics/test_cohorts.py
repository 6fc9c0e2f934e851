from datetime import date

import numpy as np
import pytest

from analytics.metrics.cohorts import cohort_matrix, from_counts
from analytics.metrics.purchases import merge_days

from .test_purchases import lines

DAYS = merge_days(
    lines(
        *((1, "2025-01-05", 10), (1, "2025-01-20", 5), (1, "2025-03-02", 7)),
        *((2, "2025-01-31", 20), (2, "2025-02-01", 1)),
        (3, "2025-03-10", 4),
    )
)


def test_cohorts_are_the_months_of_first_purchase():
    matrix = cohort_matrix(DAYS, as_of=date(2025, 3, 15))
    assert matrix.months.astype(str).tolist() == ["2025-01", "2025-02", "2025-03"]
    assert matrix.size.tolist() == [2, 0, 1]
    assert matrix.active.tolist() == [[2, 1, 1], [0, 0, 0], [1, 0, 0]]
    assert matrix.revenue.tolist() == [[35, 1, 7], [0, 0, 0], [4, 0, 0]]


def test_months_that_run_or_lie_ahead_are_marked():
    matrix = cohort_matrix(DAYS, as_of=date(2025, 3, 15))
    assert matrix.complete.tolist() == [
        [True, True, False],
        [True, False, False],
        [False, False, False],
    ]
    assert matrix.begun.tolist() == [[True, True, True], [True, True, False], [True, False, False]]
    assert matrix.retention[0].tolist() == [1, 0.5, 0.5]
    assert np.isnan(matrix.retention[2]).tolist() == [False, True, True]
    assert matrix.cumulative_value[0].tolist() == [17.5, 18, 21.5]


def test_a_month_is_complete_on_its_last_day():
    assert cohort_matrix(DAYS, as_of=date(2025, 3, 31)).complete[0].all()


def test_a_roll_up_by_month_gives_the_same_matrix():
    rows = [
        ("2025-01", "2025-01", 2, 35),
        ("2025-01", "2025-02", 1, 1),
        ("2025-01", "2025-03", 1, 7),
        ("2025-03", "2025-03", 1, 4),
    ]
    cohort, month, buyers, revenue = zip(*rows, strict=True)
    found = from_counts(
        cohort=np.array(cohort, dtype="datetime64[M]"),
        month=np.array(month, dtype="datetime64[M]"),
        buyers=buyers,
        revenue=revenue,
        as_of=date(2025, 3, 15),
    )
    expected = cohort_matrix(DAYS, as_of=date(2025, 3, 15))
    assert found.active.tolist() == expected.active.tolist()
    assert found.revenue.tolist() == expected.revenue.tolist()


def test_before_the_first_order_the_matrix_has_no_customers():
    matrix = cohort_matrix(DAYS, as_of=date(2024, 12, 31))
    assert matrix.size.tolist() == [0]
    assert matrix.active.sum() == 0


def test_the_sample_has_three_cohorts_and_loses_no_revenue(days):
    matrix = cohort_matrix(days, as_of=date(1998, 6, 30))
    assert matrix.size.sum() == 2357
    assert np.count_nonzero(matrix.size) == 3
    assert matrix.revenue.sum() == pytest.approx(days.amount.sum())
    assert matrix.complete[0].all()
