from datetime import date

import numpy as np
import pytest

from analytics.metrics.errors import BadPeriod
from analytics.metrics.purchases import OrderLines, merge_days, purchases_after, summarise


def lines(*rows):
    customers, days, amounts = zip(*rows, strict=True)
    return OrderLines(
        np.array(customers), np.array(days, dtype="datetime64[D]"), np.array(amounts, dtype=float)
    )


TWO_CUSTOMERS = lines(
    (7, "2025-01-10", 30.0),
    (3, "2025-01-01", 10.0),
    (7, "2025-01-03", 8.0),
    (3, "2025-01-15", 5.0),
    (3, "2025-01-15", 5.0),
    (7, "2025-01-24", 1.0),
)


def test_lines_of_one_day_are_one_purchase_and_identical_lines_all_count():
    days = merge_days(TWO_CUSTOMERS)
    assert days.customer.tolist() == [3, 3, 7, 7, 7]
    assert days.amount.tolist() == [10, 10, 8, 30, 1]
    assert days.is_first.tolist() == [True, False, True, False, False]


def test_the_first_purchase_day_is_time_zero_and_no_repeat():
    summary = summarise(merge_days(TWO_CUSTOMERS), calibration_end=date(2025, 1, 15))
    assert summary.customer.tolist() == [3, 7]
    assert summary.x.tolist() == [1, 1]
    assert summary.t_x.tolist() == [2, 1]
    assert summary.T.tolist() == [2, 12 / 7]
    assert summary.repeat_value.tolist() == [10, 30]
    assert summary.total.tolist() == [20, 38]


def test_days_can_be_the_unit():
    summary = summarise(merge_days(TWO_CUSTOMERS), calibration_end=date(2025, 1, 15), unit="day")
    assert summary.T.tolist() == [14, 12]


def test_the_holdout_counts_purchases_of_known_customers_only():
    newcomer = lines((1, "2025-01-20", 9.0), (3, "2025-01-01", 1.0), (3, "2025-01-24", 1.0))
    days = merge_days(newcomer)
    summary = summarise(days, calibration_end=date(2025, 1, 10))
    later = purchases_after(
        days, summary, calibration_end=date(2025, 1, 10), until=date(2025, 1, 24)
    )
    assert later.tolist() == [1]


def test_lines_can_be_limited_to_a_period():
    kept = TWO_CUSTOMERS.between(date(2025, 1, 10), date(2025, 1, 15))
    assert kept.amount.tolist() == [30, 5, 5]


@pytest.mark.parametrize("end", [date(2024, 12, 31), date(2025, 1, 25)])
def test_a_calibration_end_outside_the_orders_is_refused(end):
    with pytest.raises(BadPeriod, match="lies outside the orders"):
        summarise(merge_days(TWO_CUSTOMERS), calibration_end=end)


def test_no_orders_at_all_are_refused():
    nothing = OrderLines(
        np.array([], dtype=int), np.array([], dtype="datetime64[D]"), np.array([], dtype=float)
    )
    with pytest.raises(BadPeriod, match="no orders"):
        summarise(merge_days(nothing), calibration_end=date(2025, 1, 1))


def test_the_sample_counts_what_the_papers_count(cdnow, days, summary, held_out):
    assert (len(cdnow.day), len(days.day), len(summary.x)) == (6919, 6696, 2357)
    assert np.count_nonzero(summary.x) == 946
    assert summary.x.sum() == 2457
    assert held_out.sum() == 1882


def test_the_full_log_counts_what_its_documentation_counts(cdnow_master):
    days = merge_days(cdnow_master)
    assert (len(cdnow_master.day), len(days.day)) == (69659, 67591)
    assert np.count_nonzero(days.is_first) == 23570
    assert days.amount.sum() == pytest.approx(2500315.63, abs=0.005)
    summary = summarise(days, calibration_end=date(1997, 9, 30))
    assert summary.x.sum() == 24337


def test_the_full_log_has_its_free_orders_and_its_identical_lines(cdnow_folder):
    rows = [row.split() for row in (cdnow_folder / "CDNOW_master.txt").read_text().splitlines()[1:]]
    assert len(rows) - len(set(map(tuple, rows))) == 255
    assert sum(float(row[3]) == 0 for row in rows) == 80
    assert sum(int(row[2]) for row in rows) == 167_881


def test_the_full_log_counts_purchases_of_the_calibration(cdnow_master):
    days = merge_days(cdnow_master)
    assert len(days.until(date(1997, 9, 30)).day) == 47_907
    assert np.count_nonzero(~days.is_first) == 44_021
