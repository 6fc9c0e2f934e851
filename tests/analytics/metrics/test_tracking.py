"""Tracking of CDNOW against R's BTYD 2.4.3; the shortfalls are those FHL (2005) report."""

from datetime import date

import numpy as np
import pytest

from analytics.metrics import bgnbd
from analytics.metrics.tracking import cumulative_actual, cumulative_expected

ORIGIN = date(1997, 1, 1)
WEEKS = np.array([20.0, 21, 22, 23, 24, 25, 39, 78])


def test_actual_repeat_purchases_by_week(days):
    found = cumulative_actual(days, origin=ORIGIN, times=WEEKS, unit="week")
    assert found.tolist() == [1359, 1414, 1484, 1517, 1573, 1672, 2457, 4339]


def test_expected_repeat_purchases_by_week(bg, summary):
    found = cumulative_expected(
        bgnbd.MODEL,
        bg.parameters,
        summary.first_day,
        origin=ORIGIN,
        times=WEEKS,
        unit="week",
    )
    assert found == pytest.approx(
        [1312.458, 1387.346, 1460.392, 1531.713, 1601.418, 1669.6, 2501.5, 4165.7], rel=5e-4
    )
    assert 1 - found[-1] / 4339 == pytest.approx(0.040, abs=5e-4)
