"""Fit the models to our orders, and write what they expect of each customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from analytics.metrics import gamma_gamma, mbgnbd, rfm
from analytics.metrics.drop_out import Parameters as Buying
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.gamma_gamma import Parameters as Spending
from analytics.metrics.holdout import HoldOut, compare
from analytics.metrics.ltv import Forecast, Terms, enough_to_forecast, forecast
from analytics.metrics.maximum import Fit
from analytics.models import ModelFit, RfmCuts
from analytics.selectors import columns, histories
from analytics.selectors.histories import Histories
from analytics.selectors.models import current_fits

# A year ahead, in days; revenue net of refunds, no discount, so that the figure can be checked
# against the orders of that year. One period, because without discount a finer one adds nothing.
TERMS = Terms(horizon=365.0, period=365.0)
BACKTEST_DAYS = 90


@dataclass(frozen=True)
class Outcome:
    """What a fit came to; `reason` is empty when customers got their forecast."""

    buyers: int
    repeaters: int
    days: int
    reason: str = ""


def fit_models(*, now: datetime) -> Outcome:
    """Fit MBG/NBD and Gamma-Gamma, back-test them on the last quarter, forecast every customer.

    With too few orders nothing is fitted, forecasts of an earlier fit stay, and the outcome says
    why. RFM cut points are renewed whenever there is a buyer.
    """
    today = timezone.localdate(now)
    known = histories.until(today)
    x, _, watched = known.history.arrays()
    sizes = (len(known), int(np.count_nonzero(x)), int(watched.max(initial=0)))
    if not len(known):
        return Outcome(*sizes, reason="no orders")
    with transaction.atomic():
        _keep_cuts(known, today)
    if not enough_to_forecast(known.history, unit="day"):
        return Outcome(*sizes, reason="not enough orders")
    try:
        buying, spending = _fits(known)
    except NotEnoughData as error:
        return Outcome(*sizes, reason=str(error))
    expected = _forecast(buying.parameters, spending.parameters, known)
    if not np.isfinite(expected.ltv_high).all():
        return Outcome(*sizes, reason="order values vary too widely for a mean")
    tested = _back_test(today)
    with transaction.atomic():
        _keep_fit(ModelFit.Kind.MBGNBD, buying, known, now=now, tested=tested)
        _keep_fit(ModelFit.Kind.GAMMA_GAMMA, spending, known, now=now)
        _write(known, expected, now=now)
    return Outcome(*sizes)


def predict(*, now: datetime, scope: str = "") -> int:
    """Renew the forecasts of the customers in the table `scope`, or of all, with the fits in use.

    Returns how many; 0 when nothing has been fitted yet.
    """
    fits = current_fits()
    if len(fits) < len(ModelFit.Kind):
        return 0
    known = histories.until(timezone.localdate(now), scope=scope)
    if not len(known):
        return 0
    expected = _forecast(
        Buying(**fits[ModelFit.Kind.MBGNBD].parameters),
        Spending(**fits[ModelFit.Kind.GAMMA_GAMMA].parameters),
        known,
    )
    _write(known, expected, now=now)
    return len(known)


def _fits(known: Histories) -> tuple[Fit[Buying], Fit[Spending]]:
    return mbgnbd.fit(known.history), gamma_gamma.fit(known.history.x, known.repeat_mean)


def _forecast(buying: Buying, spending: Spending, known: Histories) -> Forecast:
    return forecast(mbgnbd.MODEL, buying, spending, known.history, known.repeat_mean, TERMS)


def _back_test(today: date) -> HoldOut | None:
    """Fit on what was known a quarter ago and compare the quarter; None when that was too little."""
    cutoff = today - timedelta(days=BACKTEST_DAYS)
    known, actual = histories.held_back(cutoff, today)
    if not len(known) or not enough_to_forecast(known.history, unit="day"):
        return None
    fitted = mbgnbd.fit(known.history)
    expected = mbgnbd.conditional_orders(fitted.parameters, known.history, t=float(BACKTEST_DAYS))
    return compare(
        actual=actual, expected=expected, history=known.history, periods=float(BACKTEST_DAYS)
    )


def _keep_cuts(known: Histories, today: date) -> None:
    cuts = rfm.cut_points(
        recency_days=known.idle,
        frequency=known.history.arrays()[0] + 1,
        monetary=known.net.astype(np.float64),
    )
    RfmCuts.objects.update_or_create(
        id=1,
        defaults={
            "recency_days": [int(cut) for cut in cuts.recency_days],
            "purchase_days": [int(cut) for cut in cuts.frequency],
            "net_fen": [int(cut) for cut in cuts.monetary],
            "buyers": len(known),
            "as_of": today,
        },
    )


def _keep_fit(
    kind: ModelFit.Kind,
    fitted: Fit[Buying] | Fit[Spending],
    known: Histories,
    *,
    now: datetime,
    tested: HoldOut | None = None,
) -> None:
    today = timezone.localdate(now)
    ModelFit.objects.filter(kind=kind, is_current=True).update(is_current=False)
    row = ModelFit(
        kind=kind,
        parameters=fitted.parameters._asdict(),
        customers=fitted.customers,
        repeaters=int(np.count_nonzero(known.history.x)),
        log_likelihood=fitted.log_likelihood,
        converged=fitted.converged,
        at_bound=list(fitted.at_bound),
        data_from=known.first_day or today,
        data_to=today,
        created_at=now,
    )
    if tested is not None:
        row.backtest_from = today - timedelta(days=BACKTEST_DAYS)
        row.backtest_actual = tested.actual_repeat
        row.backtest_predicted = tested.expected_repeat
        row.backtest_bias = tested.bias if np.isfinite(tested.bias) else None
        row.backtest_mae = tested.mae
        row.backtest_naive_mae = tested.naive_mae
    row.save()


def _write(known: Histories, expected: Forecast, *, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.expected")
        cursor.execute(
            "CREATE TEMP TABLE expected (contact_id bigint, p_alive float8, orders float8,"
            " value bigint, low bigint, high bigint) ON COMMIT DROP"
        )
        columns.write(
            "expected",
            {
                "contact_id": known.contact_id,
                "p_alive": np.clip(expected.p_alive, 0, 1),
                "orders": np.maximum(expected.expected_orders, 0),
                **{
                    name: np.rint(np.maximum(values, 0)).astype(np.int64)
                    for name, values in (
                        ("value", expected.ltv),
                        ("low", expected.ltv_low),
                        ("high", expected.ltv_high),
                    )
                },
            },
        )
        cursor.execute("ANALYZE expected")
        cursor.execute(
            """
            UPDATE analytics_contactmetrics kept
            SET p_alive = expected.p_alive, expected_orders = expected.orders,
                predicted_fen = expected.value, predicted_low_fen = expected.low,
                predicted_high_fen = expected.high, predicted_at = %s
            FROM expected WHERE expected.contact_id = kept.contact_id
            """,
            [now],
        )
