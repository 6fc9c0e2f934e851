"""The waiting time for the next order: its closed form against the model and against chance."""

import numpy as np
import pytest

from analytics.metrics import bgnbd, mbgnbd
from analytics.metrics.drop_out import Parameters
from analytics.metrics.history import History
from analytics.metrics.next_order import chance_within, next_order, waiting_if_alive


@pytest.mark.parametrize("module", [bgnbd, mbgnbd])
def test_at_a_quantile_that_share_of_the_active_has_ordered(module, mbg, history):
    for share in (0.1, 0.5, 0.9):
        some = History(*(each[:50] for each in history.arrays()))
        waits = waiting_if_alive(mbg.parameters, some, share=share)
        alive = module.p_alive(mbg.parameters, some)
        for row in range(0, 50, 7):
            one = History(*(each[row : row + 1] for each in some.arrays()))
            found = chance_within(module.MODEL, mbg.parameters, one, t=float(waits[row]))
            assert found[0] == pytest.approx(share * alive[row], rel=1e-9)


def test_simulated_customers_wait_as_long():
    parameters = Parameters(r=0.8, alpha=30.0, a=0.5, b=3.0)
    generator = np.random.default_rng(5)
    # What is known of the rate of somebody with x orders in T is Gamma(r + x, α + T).
    rate = generator.gamma(0.8 + 4, 1 / (30 + 100), 200_000)
    waits = generator.exponential(1 / rate)
    one = History([4.0], [90.0], [100.0])
    found = next_order(mbgnbd.MODEL, parameters, one)
    quantiles = np.quantile(waits, [0.1, 0.5, 0.9])
    assert [found.early[0], found.middle[0], found.late[0]] == pytest.approx(quantiles, rel=0.02)


def test_customers_of_today_and_steady_buyers_have_dates_too():
    parameters = Parameters(r=0.24, alpha=31.0, a=1.0, b=2.4)
    found = next_order(mbgnbd.MODEL, parameters, History([0, 500], [0, 1000], [0, 1001]))
    assert found.middle[1] < 2
    assert np.isfinite(found.middle).all()
    assert np.all(found.early < found.middle)
    assert np.all(found.middle < found.late)


def test_who_hardly_ever_orders_may_wait_for_ever():
    never = waiting_if_alive(Parameters(1e-4, 1.0, 1.0, 1.0), History([0], [0], [9]), share=0.9)
    assert np.isinf(never).all()
