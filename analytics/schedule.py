"""Beat's entries of analytics."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "refresh-metrics": {
        "task": "analytics.refresh",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "measure-broadcasts": {
        "task": "analytics.measure_broadcasts",
        "schedule": 300.0,
        "options": {"expires": 280},
    },
    # Apart from single broadcasts: each may take minutes where there are a million customers.
    "measure-series": {
        "task": "analytics.measure_series",
        "schedule": 300.0,
        "options": {"expires": 280},
    },
    # Looks each minute whether anything has changed; see `services.value_tables` for how often.
    "measure-sources": {
        "task": "analytics.measure_sources",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    # What pages of a large shop show; nothing is done for a small one.
    "keep-figures": {
        "task": "analytics.keep_current",
        "schedule": 600.0,
        "options": {"expires": 550},
    },
    # After the nightly reconcile of customers, before the office opens. Two tasks, so that each
    # stays within a task's time limit in a large shop; the fit does not need the rebuild to end.
    "rebuild-metrics": {"task": "analytics.rebuild", "schedule": crontab(hour=4, minute=10)},
    "fit-models": {"task": "analytics.fit", "schedule": crontab(hour=4, minute=20)},
    # After the fit, whose forecasts it adds up.
    "night-figures": {"task": "analytics.night_figures", "schedule": crontab(hour=4, minute=50)},
    "measure-staff": {"task": "analytics.measure_staff", "schedule": crontab(hour=4, minute=40)},
    "tick-reports": {
        "task": "analytics.tick_reports",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    # Chooses once a day, after the night's fit; the other ticks expire and note outcomes.
    "tick-churn-alerts": {
        "task": "analytics.tick_alerts",
        "schedule": 300.0,
        "options": {"expires": 280},
    },
    "test-churn-alerts": {
        "task": "analytics.test_alerts",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
}
