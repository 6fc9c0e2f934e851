"""What both drop-out models promise, whatever the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.metrics import bgnbd, mbgnbd
from analytics.metrics.drop_out import Parameters
from analytics.metrics.drop_out_likelihood import Likelihood
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.history import History

MODELS = [bgnbd, mbgnbd]
both = pytest.mark.parametrize("model", MODELS)
positive = st.floats(0.01, 100)
parameters = st.builds(Parameters, r=positive, alpha=positive, a=positive, b=positive)


def never_leaving(customers=2000):
    """People who buy at a steady rate of their own and stay: drop-out has nothing to explain."""
    generator = np.random.default_rng(5)
    watched = generator.uniform(5, 50, customers)
    x = generator.poisson(generator.gamma(0.8, 0.2, customers) * watched).astype(float)
    last = watched * generator.uniform(0, 1, customers) ** (1 / np.maximum(x, 1))
    return History(x, np.where(x > 0, last, 0.0), watched)


@both
@settings(max_examples=100, deadline=None)
@given(
    parameters=parameters,
    x=st.integers(0, 500),
    recency=st.floats(0.001, 1),
    watched=st.floats(0.1, 1000),
)
def test_p_alive_is_a_probability(model, parameters, x, recency, watched):
    last = recency * watched if x else 0.0
    alive = model.p_alive(parameters, History([x], [last], [watched]))[0]
    assert 0 <= alive <= 1


@both
@settings(max_examples=100, deadline=None)
@given(parameters=parameters, x=st.integers(1, 100), watched=st.floats(1, 500))
def test_a_more_recent_order_is_a_better_sign(model, parameters, x, watched):
    recency = np.linspace(0.01, 1, 20) * watched
    alive = model.p_alive(parameters, History(np.full(20, x), recency, np.full(20, watched)))
    assert np.all(np.diff(alive) >= -1e-12)


@both
def test_the_gradient_is_the_slope_of_the_likelihood(model, history):
    likelihood = Likelihood.of(*history.arrays(), model.MODEL.first_chance)
    point = np.array([0.4, 6.0, 0.6, 3.0])
    _, slope = likelihood(point)
    for i, step in enumerate(np.diag(1e-5 * point)):
        rise = (likelihood(point + step)[0] - likelihood(point - step)[0]) / (2 * step[i])
        assert slope[i] == pytest.approx(rise, rel=1e-5)


@both
def test_a_fit_does_not_depend_on_the_unit_of_time(model, history):
    weeks = model.fit(history).parameters
    days = model.fit(History(history.x, history.t_x * 7, history.T * 7)).parameters
    assert days == pytest.approx(weeks._replace(alpha=weeks.alpha * 7), rel=1e-4)


@both
def test_a_large_shop_is_found_through_a_sample(model, history):
    small = model.fit(history)
    large = model.fit(History(*(np.tile(part, 40) for part in history)))
    assert large.parameters == pytest.approx(small.parameters, rel=1e-4)
    assert large.log_likelihood == pytest.approx(40 * small.log_likelihood, rel=1e-9)


@both
def test_the_models_find_what_made_the_data(model):
    truth = Parameters(r=0.8, alpha=6.0, a=0.7, b=2.5)
    found = model.fit(simulated(truth, model.MODEL.first_chance, customers=20_000))
    assert found.converged
    assert found.parameters == pytest.approx(truth, rel=0.15)


def simulated(truth, first_chance, customers):
    generator = np.random.default_rng(11)
    rate = generator.gamma(truth.r, 1 / truth.alpha, customers)
    leaving = generator.beta(truth.a, truth.b, customers)
    watched = generator.uniform(10, 80, customers)
    x, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    present = np.ones(customers, dtype=bool)
    if first_chance:
        present &= generator.random(customers) >= leaving
    while present.any():
        now += generator.exponential(1 / rate)
        present &= now < watched
        x[present] += 1
        last[present] = now[present]
        present &= generator.random(customers) >= leaving
    return History(x, last, watched)


@both
def test_people_who_never_leave_make_finite_predictions_and_a_fit_that_says_so(model):
    history = never_leaving()
    found = model.fit(history)
    assert "a" in found.at_bound
    assert model.p_alive(found.parameters, history).min() > 0.99
    expected = model.conditional_orders(found.parameters, history, t=52.0)
    assert np.isfinite(expected).all()
    steady = 52.0 * (found.parameters.r + history.x) / (found.parameters.alpha + history.T)
    assert expected == pytest.approx(steady, rel=1e-3)


@both
@pytest.mark.parametrize(
    "rows",
    [
        [(1, 3, 8)],
        [(0, 0, 0), (0, 0, 0), (3, 9, 10), (1, 1, 2)],
        [(2, 10, 30)] * 50,
        [(100, 100, 300)] * 50,
        [(0, 0, 6000), (5000, 6000, 6000), (3000, 3001, 6000), (10, 400, 6000)],
    ],
    ids=["one customer", "customers of today", "all alike", "all gone", "thousands of orders"],
)
def test_strange_histories_still_make_finite_predictions(model, rows):
    history = History(*np.array(rows, dtype=float).T)
    found = model.fit(history)
    assert np.isfinite(found.parameters).all()
    assert np.isfinite(found.log_likelihood)
    assert np.isfinite(model.conditional_orders(found.parameters, history, t=52.0)).all()


@both
@pytest.mark.parametrize(
    "history",
    [History([0, 0, 0], [0, 0, 0], [5, 9, 0]), History([], [], []), History([0], [0], [0])],
    ids=["only one-time buyers", "nobody", "one customer of today"],
)
def test_without_any_repeat_order_there_is_nothing_to_learn(model, history):
    with pytest.raises(NotEnoughData, match="nobody has bought again"):
        model.fit(history)


@both
@pytest.mark.parametrize(
    "history",
    [
        History([1], [5.0], [4.0]),
        History([1], [np.nan], [4.0]),
        History([1], [1.0], [np.inf]),
        History([0.5], [1.0], [4.0]),
        History([0], [1.0], [4.0]),
        History([1, 2], [1.0], [4.0]),
    ],
    ids=["t_x after T", "not a number", "endless", "half an order", "no order", "ragged"],
)
def test_what_is_no_history_is_refused(model, history):
    with pytest.raises(ValueError, match=r"x and T|T, all|x must|x is 0|t_x and T"):
        model.fit(history)


@both
def test_the_chances_of_orders_add_up_to_the_expectation(model, history, bg):
    some = History(*(part[:50] for part in history))
    expected = model.conditional_orders(bg.parameters, some, t=39)
    summed = sum(model.MODEL.at_least(bg.parameters, n, some, t=39) for n in range(1, 300))
    assert summed == pytest.approx(expected, rel=1e-9)


@both
def test_a_quantile_is_the_least_number_with_enough_chance(model, history, bg):
    some = History(*(part[:200] for part in history))
    quantile = model.MODEL.orders_quantile(bg.parameters, some, t=39, chance=0.9)
    for number in np.unique(quantile).astype(int):
        passed = model.MODEL.at_least(bg.parameters, number + 1, some, t=39)
        assert np.all(passed[quantile == number] <= 0.1)
        if number:
            reached = model.MODEL.at_least(bg.parameters, number, some, t=39)
            assert np.all(reached[quantile == number] > 0.1)


@both
def test_intervals_hold_as_often_as_they_claim(model, history, held_out, request):
    fitted = request.getfixturevalue("bg" if model is bgnbd else "mbg").parameters
    low, high = (
        model.MODEL.orders_quantile(fitted, history, t=39, chance=chance) for chance in (0.1, 0.9)
    )
    assert np.mean((held_out >= low) & (held_out <= high)) >= 0.8
