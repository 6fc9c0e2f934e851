"""Cohorts of a period as a curve, and survival curves of segments that overlap."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from analytics.metrics.cohort_curves import pooled
from analytics.metrics.cohorts import from_counts
from analytics.metrics.segment_curves import beside, others
from analytics.metrics.survival import Durations, log_rank

MONTHS = np.array(["2026-01", "2026-02", "2026-03", "2026-04"], dtype="datetime64[M]")


def matrix(as_of=date(2026, 4, 15)):
    """January: 10 buyers, 4 and 2 of them back in February and March. February: 20, 10 back."""
    rows = [(0, 0, 10, 1_000), (0, 1, 4, 500), (0, 2, 2, 100), (1, 1, 20, 4_000), (1, 2, 10, 800)]
    rows += [(3, 3, 5, 700)]
    return from_counts(
        cohort=MONTHS[[row[0] for row in rows]],
        month=MONTHS[[row[1] for row in rows]],
        buyers=[row[2] for row in rows],
        revenue=[row[3] for row in rows],
        as_of=as_of,
    )


def test_each_month_of_a_curve_is_read_from_the_cohorts_that_have_come_to_it():
    curve = pooled(matrix(), date(2026, 1, 20), date(2026, 4, 15))
    assert curve.in_view.tolist() == [30, 30, 10]
    assert curve.retention.tolist() == [1.0, 14 / 30, 0.2]
    assert curve.value.tolist() == pytest.approx(
        [5_000 / 30, 6_300 / 30, 6_300 / 30 + 100 / 10], abs=1e-9
    )


def test_only_the_months_a_period_touches_count_and_none_that_is_not_over():
    assert pooled(matrix(), date(2026, 2, 27), date(2026, 3, 1)).in_view.tolist() == [20, 20]
    assert pooled(matrix(), date(2026, 4, 1), date(2026, 4, 15)).in_view.tolist() == []
    assert pooled(matrix(), date(2020, 1, 1), date(2020, 2, 1)).value.tolist() == []


def people(seed, how_many, *, leaves):
    random = np.random.default_rng(seed)
    ends, watched = random.exponential(leaves, how_many), random.uniform(0, 400, how_many)
    return np.floor(np.minimum(ends, watched)), ends <= watched


def test_a_segment_is_tested_against_who_is_not_in_it():
    early, late = people(1, 300, leaves=60), people(2, 500, leaves=200)
    part, rest = Durations.of(*early), Durations.of(*late)
    whole = Durations.of(*(np.concatenate(pair) for pair in zip(early, late, strict=True)))
    assert others(whole, part).at_risk[0] == 500
    expected = log_rank([part, rest])
    everybody, segment, same = beside(
        ("All", whole), [("Early", part), ("All of them", whole)], milestones=(30, 90)
    )
    assert everybody.test is None
    assert segment.test is not None
    assert segment.test.chi_square == pytest.approx(expected.chi_square, rel=1e-12)
    # Two segments: a small p-value is doubled.
    assert segment.test.p_value == pytest.approx(2 * expected.p_value, rel=1e-9)
    assert (segment.curve.people, segment.curve.events) == (300, int(part.events.sum()))
    # Nobody is outside a segment of everybody.
    assert same.test is None
    assert same.curve.left == everybody.curve.left


def test_a_segment_of_a_few_is_counted_and_not_judged():
    few = Durations.of([5, 9, 12], [True, False, True])
    whole = Durations.of([5, 9, 12, *range(200)], [True, False, True, *[True] * 200])
    _everybody, found = beside(("All", whole), [("Few", few)], milestones=(30,))
    assert (found.curve.people, found.curve.events, found.curve.left) == (3, 2, (None,))
    assert found.test is None


def test_answers_some_minutes_apart_count_nobody_twice_and_nobody_below_zero():
    whole = Durations.of([3, 3, 7], [False, False, True])
    # A day later the same two are in view a day longer.
    found = others(whole, Durations.of([4, 4], [False, False]))
    assert found.at_risk.tolist() == [3, 1]
    assert found.events.tolist() == [0, 1]
