"""Several processes through the real gateway; the other side counts what arrives."""

from __future__ import annotations

import pytest

from bench._hammer import API, Orders, hammered

PARALLEL = 4
LIMIT, SECONDS = 120, 2.0
# Calls that have been granted but have not arrived are at most those that have a slot.
OURS = ((SECONDS, LIMIT - PARALLEL), (60.0, 100_000))


def _hammer(corp, *, skews, windows=OURS, rounds=2.2):
    orders = Orders(corp.api, windows, PARALLEL, seconds=SECONDS * rounds)
    return hammered(orders, skews=skews)


@pytest.mark.django_db
def test_eight_processes_pass_no_window_and_use_nearly_all_of_it(corp):
    done = _hammer(corp, skews=[0] * 8)
    assert corp.state.calls[API] == done
    assert not corp.state.calls.refusals
    worst = corp.state.limits.worst(API, SECONDS)
    assert 0.95 * LIMIT <= worst <= LIMIT
    assert corp.state.limits.peak_parallel[API] <= PARALLEL


@pytest.mark.django_db
@pytest.mark.parametrize("skew", [1, 60, 600])
def test_clocks_that_differ_do_not_let_a_call_too_many_through(corp, skew):
    windows = ((0.5, 40 - PARALLEL), (60.0, 100_000))
    orders = Orders(corp.api, windows, PARALLEL, seconds=1.3)
    hammered(orders, skews=[-skew, skew])
    assert 0.85 * 40 <= corp.state.limits.worst(API, 0.5) <= 40
    assert not corp.state.calls.refusals
