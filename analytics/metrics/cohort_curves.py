"""Several cohorts drawn together as one curve over the months since the first order (同期群曲线)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.metrics.arrays import Floats, Whole
from analytics.metrics.cohorts import CohortMatrix


@dataclass(frozen=True)
class CohortCurve:
    """At k = 0, 1, … months after that of the first order: customers whose month k is over
    (`in_view`, never rising), the share of them that bought in it, and money per customer so far.

    Ends before the first k that nobody has come to.
    """

    in_view: Whole
    retention: Floats
    value: Floats


def pooled(matrix: CohortMatrix, first_on: date, last_on: date) -> CohortCurve:
    """Of the cohorts of the months from `first_on`'s to `last_on`'s; months not over are left out.

    Each k is read from the cohorts that have come to it, and value adds up what each month added
    per customer in view: a plain mean of the totals would fall wherever a good cohort is too young.
    """
    first, last = np.datetime64(first_on, "M"), np.datetime64(last_on, "M")
    chosen = (matrix.months >= first) & (matrix.months <= last) & (matrix.size > 0)
    over = matrix.complete[chosen]
    size = np.where(over, matrix.size[chosen][:, None], 0)
    in_view = size.sum(axis=0)
    length = int((in_view > 0).sum())
    people = in_view[:length]
    active = np.where(over, matrix.active[chosen], 0).sum(axis=0)[:length]
    revenue = np.where(over, matrix.revenue[chosen], 0.0).sum(axis=0)[:length]
    return CohortCurve(people, active / people, np.cumsum(revenue / people))
