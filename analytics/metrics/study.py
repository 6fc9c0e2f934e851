"""A back-tested forecast from order lines: summarise, fit, compare with the hold-out, predict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from analytics.metrics import bgnbd, drop_out, gamma_gamma, mbgnbd
from analytics.metrics.errors import BadPeriod, NotEnoughData
from analytics.metrics.holdout import HoldOut, compare
from analytics.metrics.ltv import Forecast, Terms, forecast
from analytics.metrics.maximum import Fit
from analytics.metrics.purchases import (
    DAYS_PER_UNIT,
    OrderLines,
    PurchaseDays,
    Summary,
    Unit,
    merge_days,
    purchases_after,
    summarise,
)


@dataclass(frozen=True)
class Plan:
    """Which orders to learn from and which to hold out (dates inclusive), and the money terms.

    Orders before `start` do not count. Without `holdout_end` the hold-out goes to the last order.
    """

    calibration_end: date
    holdout_end: date | None = None
    start: date | None = None
    unit: Unit = "week"
    discount_per_year: float = 0.10
    margin: float = 1.0


@dataclass(frozen=True)
class Study:
    """What came out; `holdout` is None when no time is left for one.

    `gamma_gamma` is None when no repeat order has a value. `forecast` uses MBG/NBD, the holdout
    comparison BG/NBD; `horizon` is what `forecast` looks ahead, in units.
    """

    summary: Summary
    bgnbd: Fit[drop_out.Parameters]
    mbgnbd: Fit[drop_out.Parameters]
    gamma_gamma: Fit[gamma_gamma.Parameters] | None
    holdout: HoldOut | None
    horizon: float
    forecast: Forecast


def run(lines: OrderLines, plan: Plan) -> Study:
    """Fit the models on calibration and look at the hold-out.

    The forecast covers the hold-out, so that it can be checked; without one, the next 365 days.
    Raises BadPeriod for dates outside the data and NotEnoughData when nobody bought again.
    """
    days = merge_days(lines.between(plan.start, None))
    summary = summarise(days, calibration_end=plan.calibration_end, unit=plan.unit)
    end = _holdout_end(days, plan)
    anchor, shown = bgnbd.fit(summary.history), mbgnbd.fit(summary.history)
    try:
        spending = gamma_gamma.fit(summary.x, summary.repeat_value)
    except NotEnoughData:
        spending = None
    held_out = (end - plan.calibration_end).days
    periods = (held_out or 365) / DAYS_PER_UNIT[plan.unit]
    terms = Terms.yearly(
        horizon=periods,
        discount_per_year=plan.discount_per_year,
        unit=plan.unit,
        margin=plan.margin,
    )
    return Study(
        summary=summary,
        bgnbd=anchor,
        mbgnbd=shown,
        gamma_gamma=spending,
        holdout=_compared(days, summary, anchor, plan, end, periods) if held_out else None,
        horizon=periods,
        forecast=forecast(
            mbgnbd.MODEL,
            shown.parameters,
            spending.parameters if spending else None,
            summary.history,
            summary.repeat_value,
            terms,
        ),
    )


def _holdout_end(days: PurchaseDays, plan: Plan) -> date:
    if plan.holdout_end is None:
        last: date = days.day.max().item()
        return last
    if plan.holdout_end <= plan.calibration_end:
        raise BadPeriod(
            f"the hold-out end {plan.holdout_end} must be after "
            f"the calibration end {plan.calibration_end}"
        )
    return plan.holdout_end


def _compared(
    days: PurchaseDays,
    summary: Summary,
    anchor: Fit[drop_out.Parameters],
    plan: Plan,
    end: date,
    periods: float,
) -> HoldOut:
    return compare(
        actual=purchases_after(days, summary, calibration_end=plan.calibration_end, until=end),
        expected=bgnbd.conditional_orders(anchor.parameters, summary.history, t=periods),
        history=summary.history,
        periods=periods,
    )
