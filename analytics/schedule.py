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
    # After the nightly reconcile of customers, before the office opens. Two tasks, so that each
    # stays within a task's time limit in a large shop; the fit does not need the rebuild to end.
    "rebuild-metrics": {"task": "analytics.rebuild", "schedule": crontab(hour=4, minute=10)},
    "fit-models": {"task": "analytics.fit", "schedule": crontab(hour=4, minute=20)},
}
