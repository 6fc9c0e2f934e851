"""Play the alerts on past days and see whether they would have been right (预警回测).

A test is a row that knows its past days; each is worked in a transaction of its own, so a killed
worker loses at most one and any worker goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.metrics import gamma_gamma, mbgnbd
from analytics.metrics.alert_backtest import Past, evaluate
from analytics.metrics.arrays import Floats
from analytics.metrics.churn_alerts import Buyers
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.ltv import ENOUGH_DAYS, enough_to_forecast
from analytics.metrics.unfriend_hazard import age_of, hazards, pressures_of
from analytics.models import ChurnAlertTest, ContactMetrics
from analytics.selectors.alert_past import Snapshot, end_of, snapshot, thresholds_at
from analytics.selectors.alert_settings import alert_settings
from analytics.selectors.unfriend_risk import cells
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.jobs import enqueue_on_commit
from scrm.segments.days import business_day

HORIZON_DAYS = 90
_DAYS_APART, _MOST_DAYS = 30, 6
_YEAR = 365.0
_RENEWED_AFTER = timedelta(days=7)
# By itself only at night, when nobody waits for a page.
_NIGHT = range(5, 7)
State = ChurnAlertTest.State


class BacktestRunning(ScrmError):
    """Another back-test is under way."""

    code = "backtest_running"


def start_test(*, operator: Operator | None, now: datetime) -> ChurnAlertTest:
    """Order a back-test over several past days; a worker does it.

    Raises BacktestRunning, InvalidInput when the orders are too young for any past day.
    """
    until = business_day(now) - timedelta(days=1)
    days = past_days(until)
    if not days:
        needed = {"days": ENOUGH_DAYS + HORIZON_DAYS}
        raise InvalidInput(_("A back-test needs %(days)d days of orders.") % needed)
    rules = alert_settings()
    with transaction.atomic():
        if ChurnAlertTest.objects.select_for_update().filter(state=State.RUNNING).exists():
            raise BacktestRunning(_("A back-test is running already."))
        test = ChurnAlertTest.objects.create(
            started_by=operator,
            started_at=now,
            until=until,
            horizon_days=HORIZON_DAYS,
            budget=rules.budget,
            least_loss_fen=rules.least_loss_fen,
            days=days,
        )
        record_act(action="churn_alert.test", operator=operator, now=now, subject=test)
        enqueue_on_commit("analytics.test_alerts")
    return test


def past_days(until: date) -> list[date]:
    """Up to six days a month apart, the newest first, each with the horizon behind it and enough
    history before it. One query.
    """
    first = ContactMetrics.objects.aggregate(first=Min("first_on"))["first"]
    newest = until - timedelta(days=HORIZON_DAYS)
    days = [newest - timedelta(days=_DAYS_APART * number) for number in range(_MOST_DAYS)]
    return [day for day in days if first is not None and (day - first).days >= ENOUGH_DAYS]


def renew_test_if_due(*, now: datetime) -> ChurnAlertTest | None:
    """Once a week at night a test starts by itself, where there are orders enough."""
    local = timezone.localtime(now, timezone.get_default_timezone())
    newest = ChurnAlertTest.objects.first()
    is_young = newest is not None and now - newest.started_at < _RENEWED_AFTER
    if local.hour not in _NIGHT or is_young:
        return None
    if not past_days(business_day(now) - timedelta(days=1)):
        return None
    return start_test(operator=None, now=now)


def work_test(*, clock: Callable[[], datetime], until: datetime) -> bool:
    """Work the running test, day by day until the time is up; whether it is over.

    What goes wrong ends the test and stands on it.
    """
    while clock() < until:
        try:
            if not _next_day(now=clock()):
                return True
        except Exception as error:
            running = ChurnAlertTest.objects.filter(state=State.RUNNING)
            words = f"{type(error).__name__}: {error}"[:300]
            running.update(state=State.FAILED, error=words, finished_at=clock())
            raise
    return False


@transaction.atomic
def _next_day(*, now: datetime) -> bool:
    """Work one past day; False when there is none, or another worker is at it."""
    running = ChurnAlertTest.objects.select_for_update(skip_locked=True)
    test = running.filter(state=State.RUNNING).first()
    if test is None:
        return False
    left = test.days[len(test.results) :]
    if left:
        test.results.append({"day": left[0].isoformat(), **_tested(left[0], test)})
    if len(left) <= 1:
        test.state, test.finished_at = State.DONE, now
    test.save(update_fields=["results", "state", "finished_at"])
    return len(left) > 1


def _tested(day: date, test: ChurnAlertTest) -> dict[str, Any]:
    """Both kinds of churn on one past day; None where there was not enough to go by."""
    known = snapshot(day, horizon_days=test.horizon_days)
    nothing = {"inactive": None, "unfriended": None}
    if not enough_to_forecast(known.history, unit="day"):
        return nothing
    try:
        buyers, silence = _expected(known, test.horizon_days)
    except NotEnoughData:
        return nothing
    pasts = {
        "inactive": _inactive(known, buyers, silence, day, test),
        "unfriended": _unfriended(known, buyers, day, test),
    }
    return {
        kind: None if past is None else asdict(evaluate(past, test.budget))
        for kind, past in pasts.items()
    }


def _expected(known: Snapshot, horizon_days: int) -> tuple[Buyers, Floats]:
    """What the models, fitted to what was known, said of each buyer, and of her silence."""
    buying = mbgnbd.fit(known.history).parameters
    spending = gamma_gamma.fit(known.history.x, known.repeat_mean).parameters
    orders = mbgnbd.conditional_orders(buying, known.history, t=_YEAR)
    each = gamma_gamma.expected_value(spending, known.history.x, known.repeat_mean)
    p_alive = np.clip(mbgnbd.MODEL.p_alive(buying, known.history), 0.0, 1.0)
    again = mbgnbd.MODEL.at_least(buying, 1, known.history, t=float(horizon_days))
    value = np.nan_to_num(np.maximum(orders * each, 0.0))
    return Buyers(known.idle, known.usual, p_alive, value), np.clip(1 - again, 0.0, 1.0)


def _inactive(
    known: Snapshot, buyers: Buyers, silence: Floats, day: date, test: ChurnAlertTest
) -> Past | None:
    """Friends with a sign who were not lost yet; leaving is to order nothing within the horizon."""
    limits = thresholds_at(day)
    here = (known.staff > 0) & buyers.has_sign(limits.silent_days)
    here &= known.idle <= limits.lost_days
    if not here.any():
        return None
    may = ~buyers.is_gone(limits.lost_days) & (buyers.loss >= test.least_loss_fen)
    return Past(
        staff=known.staff[here],
        score=buyers.loss[here],
        simple=known.idle[here].astype(np.float64),
        may=may[here],
        stated=silence[here],
        money=known.year_fen[here],
        left=~known.ordered_later[here],
    )


def _unfriended(known: Snapshot, buyers: Buyers, day: date, test: ChurnAlertTest) -> Past | None:
    """All friends who bought; leaving is to end a relation within 30 days."""
    risks = hazards(cells(until=end_of(day)))
    here = known.staff > 0
    if not here.any() or not risks.overall:
        return None
    pressure = pressures_of(known.touches, known.is_answered)
    kinds = (age_of(known.relation_days), pressure)
    chance = risks.of(*kinds)
    loss = chance * buyers.value
    return Past(
        staff=known.staff[here],
        score=loss[here],
        simple=known.touches[here].astype(np.float64),
        may=(risks.is_raised[kinds] & (loss >= test.least_loss_fen))[here],
        stated=chance[here],
        money=known.year_fen[here],
        left=known.has_unfriended[here],
    )
