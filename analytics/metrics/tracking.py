"""Tracking: cumulative repeat purchases over calendar time, expected against actual.

The convention of BTYD: time w ends w units after the origin day, and a customer is expected to
have bought again E[X(w − start)] times since the first purchase at `start`.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from analytics.metrics.arrays import Days, Floats, distinct
from analytics.metrics.drop_out import DropOutModel, Parameters
from analytics.metrics.purchases import DAYS_PER_UNIT, PurchaseDays, Unit


def cumulative_expected(
    model: DropOutModel,
    parameters: Parameters,
    first_day: Days,
    *,
    origin: date,
    times: Floats,
    unit: Unit,
) -> Floats:
    """Expected repeat purchases of all customers up to each of `times` (units since `origin`)."""
    since = (first_day - np.datetime64(origin, "D")).astype(np.int64) / DAYS_PER_UNIT[unit]
    start, index = distinct(since)
    customers = np.bincount(index)
    watched = np.maximum(times[:, None] - start[None, :], 0.0)
    # Whole days and even times meet in few differences.
    ages, where = distinct(watched.ravel())
    expected = model.expected_orders(parameters, ages)[where].reshape(watched.shape)
    return np.asarray(expected @ customers, dtype=np.float64)


def cumulative_actual(days: PurchaseDays, *, origin: date, times: Floats, unit: Unit) -> Floats:
    """Actual repeat purchase days before each of `times` (units since `origin`)."""
    since = (days.day - np.datetime64(origin, "D")).astype(np.int64) / DAYS_PER_UNIT[unit]
    repeats = np.sort(since[~days.is_first])
    return np.searchsorted(repeats, times, side="left").astype(np.float64)
