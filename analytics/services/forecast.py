"""Fit the models to our orders, and write what they expect of each customer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from analytics.metrics import gamma_gamma, mbgnbd, rfm
from analytics.metrics.drop_out import Parameters as Buying
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.gamma_gamma import Parameters as Spending
from analytics.metrics.ltv import Forecast, Terms, enough_to_forecast, forecast
from analytics.metrics.maximum import Fit
from analytics.models import ModelFit, NightFigure, RfmCuts
from analytics.selectors import columns, histories
from analytics.selectors.histories import Histories
from analytics.selectors.models import FIT_OUTCOME, Reason, Worth, models_in_use
from analytics.services.back_testing import Tested, tested_on_last_quarter

# A year ahead, in days; revenue net of refunds, no discount, so that the figure can be checked
# against the orders of that year. One period, because without discount a finer one adds nothing.
TERMS = Terms(horizon=365.0, period=365.0)
# The forecasts of more customers than this are made and written by two at once. More of them
# would take the processors away from those who look at pages.
ALONE, _SESSIONS = 100_000, 2


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
    why. Where order values have no model, each order counts with the mean of the shop. RFM cut
    points are renewed whenever there is a buyer. The outcome is kept for the pages.
    """
    outcome = _fit(now)
    NightFigure.objects.update_or_create(
        key=FIT_OUTCOME, defaults={"found": asdict(outcome), "computed_at": now, "error": ""}
    )
    return outcome


def _fit(now: datetime) -> Outcome:
    today = timezone.localdate(now)
    known = histories.until(today)
    x, _, watched = known.history.arrays()
    sizes = (len(known), int(np.count_nonzero(x)), int(watched.max(initial=0)))
    if not len(known):
        return Outcome(*sizes, reason=Reason.NO_ORDERS)
    with transaction.atomic():
        _keep_cuts(known, today)
    if not enough_to_forecast(known.history, unit="day"):
        return Outcome(*sizes, reason=Reason.TOO_FEW)
    buying = mbgnbd.fit(known.history)
    spending = _spending(known)
    worth = Worth(spending.parameters, 0.0) if spending else Worth(None, _mean_value(known))
    expected = expected_of(buying.parameters, worth, known)
    if not (np.isfinite(expected.ltv_high).all() and np.isfinite(expected.ltv).all()):
        return Outcome(*sizes, reason=Reason.NOT_FINITE)
    tested = tested_on_last_quarter(today)
    with transaction.atomic():
        _keep_fit(ModelFit.Kind.MBGNBD, buying, known, now=now, tested=tested)
        if spending is not None:
            _keep_fit(ModelFit.Kind.GAMMA_GAMMA, spending, known, now=now)
        else:
            _keep_mean(worth.flat_fen, known, now=now)
        if len(known) <= ALONE:
            write(known, expected, now=now)
    if len(known) > ALONE:
        write_side_by_side(known, expected, now=now)
    return Outcome(*sizes)


def with_forecasts(customers: columns.Columns, *, now: datetime) -> list[columns.Columns]:
    """Sums of customers that were just made, with what the fits in use expect of each.

    Those nothing is expected of, because nothing has been fitted yet or their first order lies in
    the future, are apart and have sums alone.
    """
    today = timezone.localdate(now)
    models = models_in_use()
    is_begun = customers["first_on"] <= np.datetime64(today, "D")
    if models is None or not is_begun.any():
        return [customers]
    begun = {name: values[is_begun] for name, values in customers.items()}
    known = histories.of_sums(begun, today)
    expected = _rows(known, expected_of(*models, known))
    expected["predicted_at"] = columns.moments(now, len(known))
    rest = {name: values[~is_begun] for name, values in customers.items()}
    return [{**begun, **expected}] + ([] if is_begun.all() else [rest])


def _spending(known: Histories) -> Fit[Spending] | None:
    """None where no repeat order has a value, or values vary so widely that no mean exists."""
    x = known.history.x
    try:
        fitted = gamma_gamma.fit(x, known.repeat_mean)
    except NotEnoughData:
        return None
    values = gamma_gamma.expected_value(fitted.parameters, x, known.repeat_mean)
    return fitted if np.isfinite(values).all() else None


def _mean_value(known: Histories) -> float:
    """The mean net value of a repeat order, in fen."""
    x = known.history.arrays()[0]
    return float(np.sum(known.repeat_mean * x) / np.sum(x))


def expected_of(buying: Buying, worth: Worth, known: Histories) -> Forecast:
    """What the models expect of each of these customers, by the terms of this module."""

    def of(part: Histories) -> Forecast:
        return forecast(
            mbgnbd.MODEL,
            buying,
            worth.spending,
            part.history,
            part.repeat_mean,
            TERMS,
            flat_value=worth.flat_fen,
        )

    if len(known) <= ALONE:
        return of(known)
    with ThreadPoolExecutor(_SESSIONS) as pool:
        parts = [vars(found) for found in pool.map(of, known.parts(_SESSIONS))]
    return Forecast(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


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
    tested: Tested | None = None,
) -> None:
    row = _row(kind, known, now=now)
    row.parameters = fitted.parameters._asdict()
    row.customers = fitted.customers
    row.log_likelihood = fitted.log_likelihood
    row.converged = fitted.converged
    row.at_bound = list(fitted.at_bound)
    if tested is not None:
        holdout = tested.found.holdout
        row.backtest_from = tested.since
        row.backtest_actual = holdout.actual_repeat
        row.backtest_predicted = holdout.expected_repeat
        row.backtest_bias = holdout.bias if np.isfinite(holdout.bias) else None
        row.backtest_mae = holdout.mae
        row.backtest_naive_mae = holdout.naive_mae
        row.backtest_detail = tested.detail
    row.save()


def _keep_mean(flat_fen: float, known: Histories, *, now: datetime) -> None:
    row = _row(ModelFit.Kind.MEAN_VALUE, known, now=now)
    row.parameters, row.converged = {"mean_fen": flat_fen}, True
    row.save()


def _row(kind: ModelFit.Kind, known: Histories, *, now: datetime) -> ModelFit:
    """A new fit in place of the one in use of the same question."""
    today = timezone.localdate(now)
    replaced = [kind] if kind == ModelFit.Kind.MBGNBD else ModelFit.VALUE_KINDS
    ModelFit.objects.filter(kind__in=replaced, is_current=True).update(is_current=False)
    return ModelFit(
        kind=kind,
        customers=len(known),
        repeaters=int(np.count_nonzero(known.history.x)),
        data_from=known.first_day or today,
        data_to=today,
        created_at=now,
    )


def write(known: Histories, expected: Forecast, *, now: datetime) -> None:
    """Write these forecasts into the customers' rows; needs a transaction."""
    _write(_rows(known, expected), now=now)


def write_side_by_side(
    known: Histories, expected: Forecast, *, now: datetime, sessions: int = _SESSIONS
) -> None:
    """The same for very many, by several sessions, each with a transaction of its own.

    A session that fails leaves its customers the forecasts they had; the next night renews them.
    """
    rows = _rows(known, expected)
    parts = np.array_split(np.arange(len(known)), sessions)
    with ThreadPoolExecutor(sessions) as pool:
        shares = ({name: rows[name][part] for name in rows} for part in parts)
        list(pool.map(lambda share: _write_in_own_session(share, now=now), shares))


def _write_in_own_session(rows: columns.Columns, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            _write(rows, now=now)
    finally:
        connection.close()


def _rows(known: Histories, expected: Forecast) -> columns.Columns:
    """In the columns of the customers' table."""
    return {
        "contact_id": known.contact_id,
        "p_alive": np.clip(expected.p_alive, 0, 1),
        "expected_orders": np.maximum(expected.expected_orders, 0),
        **{
            name: np.rint(np.maximum(values, 0)).astype(np.int64)
            for name, values in (
                ("predicted_fen", expected.ltv),
                ("predicted_low_fen", expected.ltv_low),
                ("predicted_high_fen", expected.ltv_high),
            )
        },
    }


def _write(rows: columns.Columns, *, now: datetime) -> None:
    with connection.cursor() as cursor:
        # What is written is joined in memory, and done before it would be compiled.
        cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
        columns.update(
            "analytics_contactmetrics", "contact_id", rows, constants={"predicted_at": now}
        )
