"""Doors of the metrics for the clock."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from analytics.services import (
    alert_backtest,
    alert_choice,
    alert_upkeep,
    broadcast_effects,
    forecast,
    keep,
    night_figures,
    refresh,
    report_plans,
    report_sending,
    series_effects,
    staff_expectation,
    value_tables,
)

_REPORTS_AT_ONCE = 10
# How long one task works at a back-test; the next tick goes on with it.
_TEST_PATIENCE = timedelta(seconds=100)


@shared_task(name="analytics.refresh")
def refresh_changed(**_future: object) -> None:
    refresh.refresh_metrics(now=timezone.now())


@shared_task(name="analytics.rebuild")
def rebuild(**_future: object) -> None:
    refresh.rebuild_metrics(now=timezone.now())


@shared_task(name="analytics.fit")
def fit(**_future: object) -> None:
    forecast.fit_models(now=timezone.now())


@shared_task(name="analytics.night_figures")
def compute_night_figures(**_future: object) -> None:
    night_figures.compute_night_figures(now=timezone.now())


@shared_task(name="analytics.measure_broadcasts")
def measure_broadcasts(**_future: object) -> None:
    broadcast_effects.measure_standing(now=timezone.now())
    broadcast_effects.measure_broadcasts(now=timezone.now())


@shared_task(name="analytics.measure_series")
def measure_series(**_future: object) -> None:
    series_effects.measure_series(now=timezone.now())


@shared_task(name="analytics.measure_sources")
def measure_sources(**_future: object) -> None:
    value_tables.measure_if_due(now=timezone.now())


@shared_task(name="analytics.measure_staff")
def measure_staff(**_future: object) -> None:
    staff_expectation.measure_expectation(now=timezone.now())


@shared_task(name="analytics.work_out")
def work_out(*, answer_id: int, **_future: object) -> None:
    keep.work_out(answer_id=answer_id, now=timezone.now())


@shared_task(name="analytics.keep_current")
def keep_current(**_future: object) -> None:
    keep.keep_current(now=timezone.now())


@shared_task(name="analytics.tick_reports")
def tick_reports(**_future: object) -> None:
    report_plans.fire_due(now=timezone.now())
    report_sending.forget_old(now=timezone.now())
    _send_reports()


@shared_task(name="analytics.send_reports")
def send_reports(**_future: object) -> None:
    _send_reports()


def _send_reports() -> None:
    """A few; what is left waits for the next tick. Each is held by a clock of its own."""
    for _each in range(_REPORTS_AT_ONCE):
        if not report_sending.send_next(now=timezone.now()):
            return


@shared_task(name="analytics.tick_alerts")
def tick_alerts(**_future: object) -> None:
    now = timezone.now()
    alert_upkeep.record_outcomes(now=now)
    alert_upkeep.expire_alerts(now=now)
    alert_choice.choose_if_due(now=now)
    alert_backtest.renew_test_if_due(now=now)


@shared_task(name="analytics.choose_alerts")
def choose_alerts(**_future: object) -> None:
    alert_choice.choose_alerts(now=timezone.now())


@shared_task(name="analytics.test_alerts")
def test_alerts(**_future: object) -> None:
    alert_backtest.work_test(clock=timezone.now, until=timezone.now() + _TEST_PATIENCE)
