"""How likely customers of a kind are to unfriend us within a month (删除好友风险).

Kinds are the age of the relation and the pressure of the month before: no message, some with an
answer, few without, many without. The rate of a kind is drawn towards everybody's as if 500 more
customers of it had been seen, so that a kind of twenty people says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.metrics.arrays import Floats, Numbers, Whole
from analytics.metrics.churn_reasons import PRESSED

WINDOW_DAYS = 30
# The first days of the second, third and fourth age.
AGES = (31, 91, 366)
NO_TOUCH, ANSWERED, FEW_UNANSWERED, MANY_UNANSWERED = range(4)
_PRIOR_CUSTOMERS = 500
# A kind is endangered at twice everybody's rate, seen on at least so many who left.
_RAISED, _LEAST_LEFT = 2.0, 5

# The same kinds in SQL, over columns age_days, touches, is_answered.
AGE_SQL = f"width_bucket(age_days, ARRAY[{', '.join(map(str, AGES))}])"
PRESSURE_SQL = (
    f"CASE WHEN touches = 0 THEN {NO_TOUCH} WHEN is_answered THEN {ANSWERED}"
    f" WHEN touches < {PRESSED} THEN {FEW_UNANSWERED} ELSE {MANY_UNANSWERED} END"
)


@dataclass(frozen=True)
class Cell:
    """How many customers of one kind were watched for a month, and how many of them left."""

    age: int
    pressure: int
    customers: int
    left: int


@dataclass(frozen=True)
class Hazards:
    """The chance of being unfriended within 30 days by kind, 4 ages × 4 pressures.

    `is_raised` marks the kinds that are endangered; `overall` is everybody's chance.
    """

    overall: float
    rate: Floats
    is_raised: np.ndarray

    def of(self, age: Numbers, pressure: Numbers) -> Floats:
        return np.asarray(
            self.rate[np.asarray(age, dtype=np.int64), np.asarray(pressure, dtype=np.int64)],
            dtype=np.float64,
        )


def age_of(age_days: Numbers) -> Whole:
    return np.searchsorted(AGES, np.asarray(age_days), side="right").astype(np.int64)


def pressures_of(touches: Numbers, is_answered: Numbers) -> Whole:
    """The pressure on each customer, from her messages of a month and whether she answered any."""
    number, answered = np.asarray(touches), np.asarray(is_answered, dtype=np.bool_)
    silent = np.where(number < PRESSED, FEW_UNANSWERED, MANY_UNANSWERED)
    found = np.where(answered, ANSWERED, silent)
    return np.where(number == 0, NO_TOUCH, found).astype(np.int64)


def hazards(cells: Sequence[Cell]) -> Hazards:
    """Without anybody watched every chance is 0 and no kind is endangered."""
    customers, left = np.zeros((4, 4)), np.zeros((4, 4))
    for cell in cells:
        customers[cell.age, cell.pressure] += cell.customers
        left[cell.age, cell.pressure] += cell.left
    watched = float(customers.sum())
    overall = float(left.sum()) / watched if watched else 0.0
    rate = (left + _PRIOR_CUSTOMERS * overall) / (customers + _PRIOR_CUSTOMERS)
    return Hazards(overall, rate, (rate >= _RAISED * overall) & (left >= _LEAST_LEFT))
