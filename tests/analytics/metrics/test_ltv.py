import numpy as np
import pytest

from analytics.metrics import mbgnbd
from analytics.metrics.history import History
from analytics.metrics.ltv import Terms, enough_to_forecast, forecast, historic

YEAR = Terms(horizon=52.0, period=52 / 12, discount=0.01, margin=0.4)


@pytest.fixture
def predicted(mbg, spend, summary):
    return forecast(
        mbgnbd.MODEL, mbg.parameters, spend.parameters, summary.history, summary.repeat_value, YEAR
    )


def test_historic_value_is_the_margin_on_what_was_paid():
    assert historic(np.array([100.0, 0.0]), margin=0.3).tolist() == [30, 0]


def test_each_period_is_discounted_by_its_number(mbg, spend, summary, predicted):
    reached = [
        mbgnbd.conditional_orders(mbg.parameters, summary.history, t=k * 52 / 12) if k else 0.0
        for k in range(13)
    ]
    discounted = sum((reached[k] - reached[k - 1]) / 1.01**k for k in range(1, 13))
    assert predicted.ltv == pytest.approx(0.4 * predicted.expected_value * discounted, rel=1e-9)


def test_without_discount_the_value_is_orders_times_value(mbg, spend, summary):
    found = forecast(
        mbgnbd.MODEL,
        mbg.parameters,
        spend.parameters,
        summary.history,
        summary.repeat_value,
        Terms(horizon=39.0),
    )
    assert found.ltv == pytest.approx(found.expected_orders * found.expected_value)


def test_a_horizon_may_end_within_a_period(mbg, summary):
    model, known = mbgnbd.MODEL, summary.history
    whole = model.discounted_orders(mbg.parameters, known, horizon=10, period=4, discount=0.0)
    assert whole == pytest.approx(model.conditional_orders(mbg.parameters, known, t=10))


def test_a_yearly_discount_is_spread_over_the_units():
    weekly = Terms.yearly(horizon=52.0, discount_per_year=0.1, unit="week")
    assert (1 + weekly.discount) ** (365 / 7) == pytest.approx(1.1)


def test_the_interval_holds_the_value(predicted):
    assert np.all(predicted.orders_low <= predicted.orders_high)
    assert np.all(predicted.ltv_low <= predicted.ltv_high)
    inside = (predicted.ltv_low <= predicted.ltv) & (predicted.ltv <= predicted.ltv_high)
    often = predicted.expected_orders > 1
    assert inside[often].all()


def test_without_a_value_model_there_are_orders_and_no_money(mbg, summary):
    found = forecast(
        mbgnbd.MODEL, mbg.parameters, None, summary.history, summary.repeat_value, YEAR
    )
    assert np.isfinite(found.expected_orders).all()
    assert np.isnan(found.ltv).all()


def test_a_small_or_young_shop_should_not_forecast(history):
    assert enough_to_forecast(history, unit="week")
    assert not enough_to_forecast(History(*(part[:499] for part in history)), unit="week")
    assert not enough_to_forecast(history, unit="day")
    never = History(np.zeros(600), np.zeros(600), np.full(600, 300.0))
    assert not enough_to_forecast(never, unit="day")
