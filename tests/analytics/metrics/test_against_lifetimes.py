"""The drop-out models against an independent implementation, at parameters drawn at random."""

import numpy as np
import pytest

from analytics.metrics import bgnbd, gamma_gamma, mbgnbd
from analytics.metrics.drop_out import Parameters
from analytics.metrics.history import History

from .oracle import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, with_parameters

PAIRS = [(bgnbd, BetaGeoFitter), (mbgnbd, ModifiedBetaGeoFitter)]


def random_parameters(seed):
    generator = np.random.default_rng(seed)
    r, alpha, b = np.exp(generator.uniform(np.log(0.1), np.log(20), 3))
    # Away from 1, where the oracle has no answer.
    a = generator.choice([generator.uniform(0.1, 0.9), generator.uniform(1.1, 5)])
    return Parameters(r=r, alpha=alpha, a=a, b=b)


@pytest.fixture
def people():
    generator = np.random.default_rng(7)
    watched = generator.uniform(1, 80, 300)
    x = generator.poisson(generator.gamma(0.6, 6, 300)).astype(float)
    return History(x, np.where(x > 0, watched * generator.uniform(0.02, 1, 300), 0.0), watched)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("model", "oracle"), PAIRS)
def test_predictions_are_the_same(model, oracle, seed, people):
    parameters = random_parameters(seed)
    other = with_parameters(oracle, parameters)
    assert model.p_alive(parameters, people) == pytest.approx(
        other.conditional_probability_alive(people.x, people.t_x, people.T), rel=1e-9
    )
    assert model.conditional_orders(parameters, people, t=26.0) == pytest.approx(
        other.conditional_expected_number_of_purchases_up_to_time(26.0, *people), rel=1e-7
    )
    times = np.array([0.5, 4.0, 30.0])
    assert model.expected_orders(parameters, times) == pytest.approx(
        other.expected_number_of_purchases_up_to_time(times), rel=1e-7
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("model", "oracle"), PAIRS)
def test_likelihoods_are_the_same(model, oracle, seed, people):
    parameters = random_parameters(seed)
    other = oracle._negative_log_likelihood(np.log(parameters), *people, np.ones(300), 0.0)
    found = model.log_likelihood(parameters, people).mean()
    assert found == pytest.approx(-other, rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_gamma_gamma_is_the_same(seed):
    generator = np.random.default_rng(seed)
    parameters = gamma_gamma.Parameters(*np.exp(generator.uniform(0.1, 2.5, 3)))
    x, m = generator.integers(1, 20, 200), generator.gamma(3, 10, 200)
    other = with_parameters(GammaGammaFitter, parameters)
    assert gamma_gamma.expected_value(parameters, x, m) == pytest.approx(
        other.conditional_expected_average_profit(x, m), rel=1e-12
    )
    loss = GammaGammaFitter._negative_log_likelihood(np.log(parameters), x, m, np.ones(200), 0.0)
    assert gamma_gamma.log_likelihood(parameters, x, m).mean() == pytest.approx(-loss, rel=1e-9)
