"""Sums of customers and months are those of the orders, one by one."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.metrics.purchase_sums import Ledger, placed, sums

ORDERS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.dates(date(2024, 11, 1), date(2025, 2, 28)),
        st.integers(0, 9_999),
        st.integers(0, 1),
    ),
    max_size=30,
)


def ledger(orders):
    customer, day, amount, is_refunded = zip(*orders, strict=True) if orders else ((), (), (), ())
    place = placed(np.array(customer, np.int64), np.array(day, "datetime64[D]"))
    amount, refunded = np.array(amount, np.int64), np.array(is_refunded, np.int64) > 0
    return Ledger(place, amount, place[refunded], amount[refunded])


def rows(columns):
    return list(zip(*(values.tolist() for values in columns.values()), strict=True))


def customer_by_hand(customer, days):
    (first, opening), *later = sorted(days.items())
    return (
        customer,
        first,
        later[0][0] if later else None,
        later[-1][0] if later else first,
        len(days),
        *(sum(values) for values in zip(*days.values(), strict=True)),
        opening[1] - opening[2],
    )


def months_by_hand(customer, days):
    months = defaultdict(lambda: [0, 0, 0])
    for day, (orders, revenue, refunded) in sorted(days.items()):
        month = months[day.replace(day=1)]
        for place, value in enumerate((1, orders, revenue - refunded)):
            month[place] += value
    cohort = min(months)
    return [
        (customer, month, cohort, 12 * (month.year - cohort.year) + month.month - cohort.month, *of)
        for month, of in months.items()
    ]


@given(ORDERS)
def test_they_are_what_adding_up_order_by_order_gives(orders):
    everybody = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for customer, day, amount, is_refunded in orders:
        sum_of_day = everybody[customer][day]
        for place, value in enumerate((1, amount, amount * is_refunded)):
            sum_of_day[place] += value
    customers, months = sums(ledger(orders))
    people = sorted(everybody.items())
    assert rows(customers) == [customer_by_hand(*person) for person in people]
    assert rows(months) == [month for person in people for month in months_by_hand(*person)]


def test_amounts_that_do_not_fit_are_refused_and_large_ones_are_exact():
    day, large = date(2026, 1, 1), 3 * 10**18 + 1
    apart = ledger([(1, day, large, 0), (2, day, large, 1)])
    assert sums(apart)[0]["revenue_fen"].tolist() == [large, large]
    assert sums(apart)[1]["net_fen"].tolist() == [large, 0]
    with pytest.raises(OverflowError, match="out of range"):
        sums(ledger([(1, day, large, 0), (1, day, large, 0)]))
