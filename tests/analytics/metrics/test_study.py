"""The whole way from order lines to a back-tested forecast, on CDNOW."""

from datetime import date

import numpy as np
import pytest

from analytics.metrics import study
from analytics.metrics.errors import BadPeriod, NotEnoughData
from analytics.metrics.history import History
from analytics.metrics.holdout import compare
from analytics.metrics.study import Plan

from .conftest import CALIBRATION_END, HOLDOUT_END
from .test_purchases import lines

PLAN = Plan(calibration_end=CALIBRATION_END, holdout_end=HOLDOUT_END)


def test_the_holdout_of_the_sample(cdnow):
    found = study.run(cdnow, PLAN)
    assert found.holdout.periods == 39
    assert found.holdout.actual_repeat == 1882
    assert found.holdout.expected_repeat == pytest.approx(1653.41, rel=2e-4)
    assert found.holdout.mae < found.holdout.naive_mae
    assert found.forecast.expected_orders.sum() == pytest.approx(1576.73, rel=2e-4)


def test_the_holdout_of_the_full_log(cdnow_master):
    # lifetimes 0.11.3 on the same log: bias −14.3 %, MAE .819, "same rate" 1.038.
    found = study.run(cdnow_master, PLAN).holdout
    assert found.bias == pytest.approx(-0.143, abs=5e-4)
    assert found.mae == pytest.approx(0.819, abs=5e-4)
    assert found.naive_mae == pytest.approx(1.038, abs=5e-4)


def test_without_a_holdout_end_it_goes_to_the_last_order(cdnow):
    open_ended = study.run(cdnow, Plan(calibration_end=CALIBRATION_END))
    assert open_ended.holdout == study.run(cdnow, PLAN).holdout


def test_without_time_for_a_holdout_the_forecast_covers_a_year(cdnow):
    found = study.run(cdnow, Plan(calibration_end=HOLDOUT_END))
    assert found.holdout is None
    assert found.horizon == 365 / 7


def test_orders_before_the_start_do_not_count(cdnow):
    later = study.run(cdnow, Plan(calibration_end=CALIBRATION_END, start=date(1997, 2, 1)))
    assert len(later.summary.x) < 2357
    assert later.summary.first_day.min() >= np.datetime64("1997-02-01")


def test_in_days_the_same_shop_is_seen(cdnow):
    weeks = study.run(cdnow, PLAN)
    days = study.run(cdnow, Plan(CALIBRATION_END, HOLDOUT_END, unit="day"))
    assert days.bgnbd.parameters.alpha == pytest.approx(7 * weeks.bgnbd.parameters.alpha, rel=1e-4)
    assert days.holdout.expected_repeat == pytest.approx(weeks.holdout.expected_repeat, rel=1e-5)
    assert days.forecast.ltv.sum() == pytest.approx(weeks.forecast.ltv.sum(), rel=1e-3)


def test_a_shop_that_gives_everything_away_has_orders_and_no_value():
    rows = [(i, f"2025-01-0{1 + d}", 0.0) for i in range(9) for d in range(i % 3 + 1)]
    found = study.run(lines(*rows), Plan(calibration_end=date(2025, 1, 2)))
    assert found.gamma_gamma is None
    assert np.isnan(found.forecast.ltv).all()


def test_dates_that_do_not_fit_are_refused(cdnow):
    with pytest.raises(BadPeriod, match="outside the orders"):
        study.run(cdnow, Plan(calibration_end=date(1996, 1, 1)))
    with pytest.raises(BadPeriod, match="must be after"):
        study.run(cdnow, Plan(calibration_end=CALIBRATION_END, holdout_end=CALIBRATION_END))


def test_a_shop_where_nobody_returned_cannot_be_studied():
    with pytest.raises(NotEnoughData):
        study.run(lines((1, "2025-01-01", 5), (2, "2025-01-09", 5)), Plan(date(2025, 1, 5)))


def test_customers_of_today_have_no_rate_yet():
    found = compare(
        actual=np.array([1.0, 0.0]),
        expected=np.array([0.5, 0.5]),
        history=History([2.0, 0.0], [4.0, 0.0], [4.0, 0.0]),
        periods=4.0,
    )
    assert (found.mae, found.naive_mae, found.bias) == (0.5, 0.5, 0.0)


def test_a_holdout_without_orders_has_no_bias():
    found = compare(
        actual=np.zeros(1), expected=np.ones(1), history=History([1], [1], [2]), periods=1.0
    )
    assert np.isnan(found.bias)
