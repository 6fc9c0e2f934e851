"""Cohorts by month of the first order, and revenue by month, from the monthly roll-up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from django.db.models import Count, Sum

from analytics.metrics.cohorts import CohortMatrix, from_counts
from analytics.models import CustomerMonth
from analytics.selectors.expressions import WholeSum
from analytics.selectors.months import month_of, months_later
from analytics.selectors.scope import Scope, within

# (month of the first order, months later, buyers, net fen, orders)
Cell: TypeAlias = tuple[date, int, int, int, int]


@dataclass(frozen=True)
class RevenueMonth:
    """Net revenue of a month from customers who first bought in it, and from earlier ones."""

    month: date
    new_fen: int
    returning_fen: int
    new_buyers: int
    returning_buyers: int
    is_complete: bool

    @property
    def total_fen(self) -> int:
        return self.new_fen + self.returning_fen


@dataclass(frozen=True)
class CohortValue:
    """What a cohort has brought so far, in fen; `value_fen` is per customer of the cohort."""

    month: date
    size: int
    orders: int
    net_fen: int

    @property
    def value_fen(self) -> float:
        return self.net_fen / self.size

    @property
    def orders_per_buyer(self) -> float:
        return self.orders / self.size

    @property
    def order_value_fen(self) -> float:
        return self.net_fen / self.orders


def cells(scope: Scope) -> list[Cell]:
    """Every month of every cohort that has an order, oldest first. One query."""
    rows = within(CustomerMonth.objects.all(), scope).values_list("cohort", "offset")
    counted = rows.annotate(buyers=Count("*"), net=WholeSum("net_fen"), all_orders=Sum("orders"))
    return [
        (cohort, offset, buyers, int(net), orders)
        for cohort, offset, buyers, net, orders in counted.order_by("cohort", "offset")
    ]


def matrix(found: list[Cell], *, today: date) -> CohortMatrix:
    """The cohort matrix; revenue in fen. Months after `today` are left out."""
    dated = [cell for cell in found if months_later(cell[0], cell[1]) <= today]
    return from_counts(
        cohort=np.array([cell[0] for cell in dated], dtype="datetime64[M]"),
        month=np.array([months_later(cell[0], cell[1]) for cell in dated], dtype="datetime64[M]"),
        buyers=np.array([cell[2] for cell in dated], dtype=np.int64),
        revenue=np.array([cell[3] for cell in dated], dtype=np.int64),
        as_of=today,
    )


def revenue_months(found: list[Cell], *, today: date) -> list[RevenueMonth]:
    """Net revenue by calendar month, oldest first, without gaps up to the month of `today`."""
    if not found:
        return []
    sums: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for cohort, offset, buyers, net, _orders in found:
        month = sums[months_later(cohort, offset)]
        is_returning = int(offset > 0)
        month[is_returning] += net
        month[2 + is_returning] += buyers
    first, last = min(sums), max(*sums, month_of(today))
    span = 12 * (last.year - first.year) + last.month - first.month + 1
    months = [months_later(first, number) for number in range(span)]
    return [
        RevenueMonth(
            month=month,
            new_fen=sums[month][0],
            returning_fen=sums[month][1],
            new_buyers=sums[month][2],
            returning_buyers=sums[month][3],
            is_complete=month < month_of(today),
        )
        for month in months
    ]


def cohort_values(found: list[Cell]) -> list[CohortValue]:
    """Each cohort's value so far, oldest first."""
    sums: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for cohort, offset, buyers, net, orders in found:
        cohort_sums = sums[cohort]
        cohort_sums[0] += buyers if offset == 0 else 0
        cohort_sums[1] += orders
        cohort_sums[2] += net
    return [CohortValue(month, *sums[month]) for month in sorted(sums)]
